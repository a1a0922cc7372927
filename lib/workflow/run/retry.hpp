// Whether and when to connect again.
//
// The verdict table says what a failure means; this adds what only the sequence of failures can tell. A denial on MQTT
// 3.1.1 is a bare close, so the same step closed three times in succession, each soon after our packet, is taken for a
// refusal. Since such a close does not say which of four filters it meant, the connections after it subscribe one by
// one. And a wait that would outlast the run is not begun: the run ends with the last failure.
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

/// The service takes one CONNECT a second of each client id (docs/service.md, "Limits").
inline constexpr Milliseconds kClientIdRest{1'000};

class Retry {
 public:
  /// `waits` replaces the policies of core/backoff: the simulation of a fleet compares others with them.
  Retry(const Plan& plan, Instant run_deadline, std::optional<BackoffPolicy> waits = std::nullopt);

  struct Decision {
    /// The failure to report: repeated closes have become a refusal.
    Error error;
    /// The wait before the next connection; nothing when there is none.
    std::optional<Milliseconds> wait;
  };
  /// After connection number `attempt` failed. `random` is even over all its values.
  [[nodiscard]] Decision after(Error error, Milestone reached, unsigned attempt, Instant now, std::uint64_t random);
  /// A connection reached a milestone: the waits begin small again.
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
