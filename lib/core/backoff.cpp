#include "core/backoff.hpp"

#include <algorithm>

namespace fleet_provision {

namespace {

// A wait may last longer than the overload; this bounds the lost time to a tenth of --timeout.
constexpr int kWaitsInTimeout = 10;
// Well below the life of an ownership token.
constexpr Milliseconds kOverloadCeilingMax{900'000};

/// Whether the service is reachable but overloaded. It may report that or not respond.
bool overloaded(ErrorKind kind) {
  return kind == ErrorKind::kThrottled || kind == ErrorKind::kServiceError || kind == ErrorKind::kServerUnavailable ||
         kind == ErrorKind::kNoAnswer;
}

}  // namespace

BackoffPolicy backoff_policy(ErrorKind kind, Milliseconds timeout) {
  BackoffPolicy policy;
  if (overloaded(kind)) {
    policy.ceiling_max = std::clamp(timeout / kWaitsInTimeout, policy.ceiling_max, kOverloadCeilingMax);
  }
  return policy;
}

Milliseconds backoff_ceiling(unsigned failures, const BackoffPolicy& policy) {
  Milliseconds ceiling = policy.first_ceiling;
  for (unsigned i = 1; i < failures && ceiling < policy.ceiling_max; ++i) ceiling *= 2;
  return std::min(ceiling, policy.ceiling_max);
}

Milliseconds backoff(unsigned failures, std::uint64_t random, const BackoffPolicy& policy) {
  const auto values = static_cast<std::uint64_t>(backoff_ceiling(failures, policy).count()) + 1;
  return Milliseconds{static_cast<Milliseconds::rep>(random % values)};
}

}  // namespace fleet_provision
