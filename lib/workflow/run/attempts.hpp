// Makes one connection after the other until the task is done, the time is over or another attempt cannot help.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/milestones.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"
#include "workflow/run/retry.hpp"

namespace fleet_provision {

class Attempts {
 public:
  /// The time of the run begins now. All references outlive this object.
  Attempts(const Plan& plan, const Ports& ports, Outcome& outcome);

  [[nodiscard]] Instant deadline() const { return deadline_; }
  /// Waits a random part of `plan.splay` when first called; the run's deadline moves by the same time.
  [[nodiscard]] Result<void> delay_start();

  /// One attempt: it counts itself in `outcome.attempts` when it begins a connection.
  using Once = std::function<Result<void>(Retry& retry, unsigned attempt)>;
  /// Calls `once` until it succeeds or the last failure is final; `reached` returns the milestone at which it failed.
  /// Where `is_worth_repeating` is given, a failure that it does not hold for is final as well.
  [[nodiscard]] Result<void> until_done(const Once& once, const std::function<Milestone()>& reached,
                                        const std::function<bool(const Error&)>& is_worth_repeating = {});

  /// The request for a connection of the requester, with the client ID of the plan or a new random one.
  [[nodiscard]] ConnectRequest claim_request(MqttVersion version, unsigned attempt);
  [[nodiscard]] ConnectRequest request(std::string client_id, MqttVersion version, unsigned attempt);
  /// Waits until `client_id` may be used again: the service accepts one CONNECT per second for each client id.
  [[nodiscard]] Result<void> await_client_id(const std::string& client_id);

 private:
  [[nodiscard]] std::uint64_t random();

  const Plan& plan_;
  const Ports& ports_;
  Outcome& outcome_;
  Instant deadline_;
  bool delayed_ = false;
  std::string last_client_id_;
  Instant last_used_{};
};

}  // namespace fleet_provision
