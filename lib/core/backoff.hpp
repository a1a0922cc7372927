// How long to wait before the next connection: exponential back-off with full jitter.
//
// Each wait is drawn evenly from zero to a ceiling that doubles from one second up to a cap, so gateways that were
// powered on together spread out from the first failure on. After a broken connection the cap is about half a minute.
// For an overloaded service the cap grows with --timeout: a fleet of 100 000 that retried every half minute would send
// forty requests for each that is answered (docs/reports/fleet.md has the figures, decision 0040 the reasons). The
// random number is an argument, because the tests and the simulation of a fleet use their own.
#pragma once

#include <cstdint>

#include "core/deadline.hpp"
#include "core/error.hpp"

namespace fleet_provision {

struct BackoffPolicy {
  Milliseconds first_ceiling{1'000};
  Milliseconds ceiling_max{32'000};
};

/// The waits after a failure of this kind, in a run that may take `timeout` (`--timeout`).
[[nodiscard]] BackoffPolicy backoff_policy(ErrorKind kind, Milliseconds timeout);
/// The largest wait after `failures` failed attempts in a row (1 or more).
[[nodiscard]] Milliseconds backoff_ceiling(unsigned failures, const BackoffPolicy& policy = {});
/// A wait from zero to the ceiling; `random` is even over all its values.
[[nodiscard]] Milliseconds backoff(unsigned failures, std::uint64_t random, const BackoffPolicy& policy = {});

}  // namespace fleet_provision
