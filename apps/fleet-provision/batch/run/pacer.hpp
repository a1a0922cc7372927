// When the next unit may start, so that a batch keeps to the rate that the account allows; pure.
//
// A unit needs two operations, so at R operations per second R / 2 units start each second, evenly. After a stall,
// units do not start in a burst to make up for it. The operation that a throttled child repeats on its own takes the
// place of one that a start would bring.
//
// A throttled response halves the rate, once a second at most, since the responses of the next second belong to starts
// before that. The rate returns to its ceiling within a quarter of a second. The ceiling is R at first; it is lowered
// if the service refused more in the last seconds than it does by chance at its own rate, and after some quiet it is
// raised step by step, up to R. So one refused operation among many, which a fixed window of a second refuses now and
// then also at its own rate, costs little, and a service that allows less is not asked for more again and again.
//
// Without --rate there is no limit until the first throttled response, which sets it to half of the rate that the batch
// had. It goes away once it has been raised to what the batch does not reach.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/deadline.hpp"

namespace fleet_provision::batch {

class Pacer {
 public:
  /// `rate` in operations per second, above 0; nullopt for no limit.
  Pacer(std::optional<double> rate, Instant now);

  /// The earliest time at which the next unit may start; not after `now` if it may start now.
  [[nodiscard]] Instant next_start(Instant now);
  void started(Instant now);
  /// The service throttled a request.
  void throttled(Instant now);
  /// Operations per second that are allowed now; nullopt for no limit.
  [[nodiscard]] std::optional<double> rate(Instant now);

 private:
  void raise(Instant now);
  void halve(Instant now);
  void count_until(Instant now);
  [[nodiscard]] bool refuses_many() const;
  [[nodiscard]] double rate_had(Instant now);

  /// The target of --rate.
  std::optional<double> limit_;
  /// What the rate returns to after a halving, and what it is now; both or neither are set.
  std::optional<double> ceiling_;
  std::optional<double> rate_;
  /// What steps are proportional to: R, or the rate at the first throttled response.
  double scale_ = 0;
  Instant raised_at_;
  std::optional<Instant> halved_at_;
  Instant last_start_;
  Instant next_;
  /// Starts and throttled responses in two consecutive periods of a few seconds, the second of which is running.
  std::array<std::uint64_t, 2> starts_{};
  std::array<std::uint64_t, 2> refused_{};
  std::array<Instant, 2> period_began_;
};

}  // namespace fleet_provision::batch
