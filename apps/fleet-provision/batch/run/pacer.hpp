// When the next unit may start, so that a batch keeps to the rate that the account allows; pure.
//
// A unit needs two operations. With --rate R units start evenly, R / 2 a second. A throttled response halves the rate;
// it is then raised again step by step, up to R; without --rate the first throttled response sets the limit to half of
// the rate that the batch had, and the limit goes away once it has been raised to what the batch does not reach.
#pragma once

#include <optional>

#include "core/deadline.hpp"

namespace fleet_provision::batch {

class Pacer {
 public:
  /// `rate` in operations per second; nullopt for no limit.
  Pacer(std::optional<double> rate, Instant now);

  /// The earliest time at which the next unit may start; not after `now` if it may start now.
  [[nodiscard]] Instant next_start(Instant now);
  void started(Instant now);
  /// The service throttled a request.
  void throttled(Instant now);
  /// Operations per second that are allowed now; nullopt for no limit.
  [[nodiscard]] std::optional<double> rate(Instant now);

 private:
  std::optional<double> limit_;
  std::optional<double> rate_;
  Instant next_;
};

}  // namespace fleet_provision::batch
