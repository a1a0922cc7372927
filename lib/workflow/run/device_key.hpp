// The device key and its CSR: generated, or given by the options. It is never the claim's key, because then every
// gateway with the claim would have the same key.
#pragma once

#include <string>
#include <vector>

#include "core/milestones.hpp"
#include "core/plan.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"
#include "workflow/run/requester.hpp"

namespace fleet_provision {

/// The key and CSR of method `csr`. kDeviceKeyIsClaimKey, kDeviceKeyUnusable, kCsrUnusable, kFileNotFound and other
/// errors of a Keysmith.
[[nodiscard]] Result<KeyMade> make_or_open_key(const Plan& plan, const Requester& requester, Keysmith& keysmith,
                                               Observer& observer);

/// The store of the key that `plan` makes in a token; null for any other key.
[[nodiscard]] const MakeKey* key_in_token(const Plan& plan);
/// Chooses where in the token of `wanted` the key will be; makes nothing. `own` as for Keysmith::plan_key.
[[nodiscard]] Result<KeyPlanned> plan_token_key(const Plan& plan, const MakeKey& wanted,
                                                const std::vector<KeyLocation>& own, Keysmith& keysmith);
/// Makes the planned key, or finds the one that an earlier run made, and its CSR.
[[nodiscard]] Result<KeyMade> make_token_key(const Plan& plan, const KeyPlanned& planned, const MakeKey& wanted,
                                             Keysmith& keysmith);

/// kDeviceKeyIsClaimKey when the key or CSR of `plan` has the claim's public key; both as SHA-256; an empty digest
/// means no key.
[[nodiscard]] Result<void> require_other_key_than_claim(const Plan& plan, const std::string& public_key_sha256,
                                                        const std::string& claim_key_sha256);
/// kDeviceKeyIsClaimKey of an unfinished run of an earlier version that has registered its thing with the claim's key.
[[nodiscard]] Failure registered_with_claim_key();

}  // namespace fleet_provision
