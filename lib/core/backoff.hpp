// How long to wait before the next connection: exponential back-off with full jitter.
//
// Each wait is drawn evenly from zero to a ceiling that doubles from one second up to a cap, so gateways that were
// powered up together drift apart from the first failure on. Randomness is an argument: the tables and the
// simulation of a fleet draw their own.
#pragma once

#include <cstdint>

#include "core/deadline.hpp"

namespace fleet_provision {

struct BackoffPolicy {
  Milliseconds first_ceiling{1'000};
  Milliseconds ceiling_max{32'000};
};

/// The largest wait after `failures` failed attempts in a row (1 or more).
[[nodiscard]] Milliseconds backoff_ceiling(unsigned failures, const BackoffPolicy& policy = {});
/// A wait from zero to the ceiling; `random` is even over all its values.
[[nodiscard]] Milliseconds backoff(unsigned failures, std::uint64_t random, const BackoffPolicy& policy = {});

}  // namespace fleet_provision
