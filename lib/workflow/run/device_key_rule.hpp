// The device key is never the claim's key: else every gateway that has the claim would have one key.
#pragma once

#include <string>

#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// kDeviceKeyIsClaimKey when the key or CSR of `plan` has the claim's public key; both as SHA-256, an empty one is
/// no key.
[[nodiscard]] Result<void> not_the_claims_key(const Plan& plan, const std::string& public_key_sha256,
                                              const std::string& claims);
/// Of an unfinished run of an earlier version that has registered its thing with the claim's key.
[[nodiscard]] Error registered_with_claims_key();

}  // namespace fleet_provision
