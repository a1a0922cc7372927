// One connection of a run: starts in the constructor, waits on first use, and closes in the destructor.
#pragma once

#include <optional>

#include "ports/ports.hpp"
#include "workflow/run/exchange.hpp"
#include "workflow/run/open_session.hpp"

namespace fleet_provision {

class Connection {
 public:
  /// `plan` and `ports` outlive this object.
  Connection(const Plan& plan, const Ports& ports, const ConnectRequest& request,
             Subscribing subscribing = Subscribing::kAtOnce)
      : subscribing_(subscribing),
        session_(ports.transport.connect(request)),
        exchange_(*session_, ports.clock, ports.observer, plan, {request.request_timeout, request.run_deadline}) {}

  /// The exchange, with its response topics subscribed.
  [[nodiscard]] Result<Exchange*> ready() {
    if (!facts_) {
      FP_TRY_ASSIGN(facts_, exchange_.open(subscribing_));
    }
    return &exchange_;
  }
  /// The facts of the established connection, once `ready` has succeeded.
  [[nodiscard]] const std::optional<ConnectionFacts>& facts() const { return facts_; }
  /// See Session::acknowledged.
  [[nodiscard]] std::optional<bool> acknowledged() { return session_->acknowledged(); }

 private:
  Subscribing subscribing_;
  OpenSession session_;
  Exchange exchange_;
  std::optional<ConnectionFacts> facts_;
};

}  // namespace fleet_provision
