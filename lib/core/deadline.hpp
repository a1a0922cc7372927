// Points in steady time. Every wait in the project takes one of these as its deadline, never a duration.
#pragma once

#include <algorithm>
#include <chrono>

namespace fleet_provision {

/// A point in steady time, never of the wall clock, which a gateway may set during a run.
using Instant = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// The time left until `deadline`, never negative, rounded up so that a wait does not wake early and spin.
[[nodiscard]] inline Milliseconds left_until(Instant deadline, Instant now) {
  return std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(deadline - now));
}

}  // namespace fleet_provision
