// One connection of a run: begun at once, waited for when it is first needed, closed when it goes out of scope.
#pragma once

#include <memory>
#include <optional>

#include "workflow/run/exchange.hpp"

namespace fleet_provision {

class Connection {
 public:
  Connection(Transport& transport, const ConnectRequest& request, Clock& clock, Observer& observer, const Plan& plan,
             Subscribing subscribing = Subscribing::kAtOnce)
      : subscribing_(subscribing),
        session_(transport.connect(request)),
        exchange_(*session_, clock, observer, plan, {request.request_timeout, request.run_deadline}) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { session_->close(); }

  /// The exchange, with its answer topics subscribed.
  [[nodiscard]] Result<Exchange*> ready() {
    if (!facts_) {
      FP_TRY_ASSIGN(facts_, exchange_.open(subscribing_));
    }
    return &exchange_;
  }
  /// What was negotiated, once ready.
  [[nodiscard]] const std::optional<ConnectionFacts>& facts() const { return facts_; }

 private:
  Subscribing subscribing_;
  std::unique_ptr<Session> session_;
  Exchange exchange_;
  std::optional<ConnectionFacts> facts_;
};

}  // namespace fleet_provision
