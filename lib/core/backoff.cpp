#include "core/backoff.hpp"

namespace fleet_provision {

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
