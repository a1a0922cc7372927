// Decides whether and when to connect again.
//
// The verdict table interprets a single failure; this class interprets the sequence of failures. A denial on MQTT 3.1.1
// is a close without a reason, so three closes in succession in the same step, each soon after the client's packet,
// count as a refusal. Since such a close does not report which of four filters was denied, later connections subscribe
// to one filter at a time. A wait that would end after the deadline of the run is not started: the run ends with the
// last failure.
#pragma once

#include <cstdint>
#include <optional>

#include "core/backoff.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"
#include "core/milestones.hpp"
#include "core/plan.hpp"
#include "workflow/run/exchange.hpp"

namespace fleet_provision {

/// The service accepts one CONNECT per second for each client id (docs/service.md, "Limits").
inline constexpr Milliseconds kClientIdRest{1'000};

class Retry {
 public:
  /// `waits` replaces the policies of core/backoff: the simulation of a fleet compares other policies with them.
  Retry(const Plan& plan, Instant run_deadline, std::optional<BackoffPolicy> waits = std::nullopt);

  struct Decision {
    /// The failure to report, after the conversion of repeated closes to a refusal.
    Error error;
    /// The wait before the next connection; nothing if there is no further attempt.
    std::optional<Milliseconds> wait;
  };
  /// After connection number `attempt` failed. `random` is even over all its values.
  [[nodiscard]] Decision after(Error error, Milestone reached, unsigned attempt, Instant now, std::uint64_t random);
  /// A connection reached a milestone: the back-off starts again from its first wait.
  void progressed();

  /// The version of the next connection.
  [[nodiscard]] MqttVersion mqtt_version() const { return mqtt_version_; }
  /// How the next connection is to subscribe: one filter at a time once a server closed on all of them.
  [[nodiscard]] Subscribing subscribing() const { return subscribing_; }

 private:
  [[nodiscard]] Error judged(Error error);
  [[nodiscard]] Milliseconds client_id_rest(const Error& error) const;

  const Plan& plan_;
  Instant run_deadline_;
  std::optional<BackoffPolicy> waits_;
  MqttVersion mqtt_version_;
  unsigned failures_ = 0;
  std::optional<Phase> closed_step_;
  std::optional<PolicyNeed> closed_need_;
  unsigned closes_ = 0;
  Subscribing subscribing_ = Subscribing::kAtOnce;
};

}  // namespace fleet_provision
