// The device key and its CSR: generated, or given by the options. It is never the claim's key, because then every
// gateway with the claim would have the same key.
#pragma once

#include <string>

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

/// kDeviceKeyIsClaimKey when the key or CSR of `plan` has the claim's public key; both as SHA-256; an empty digest
/// means no key.
[[nodiscard]] Result<void> require_other_key_than_claim(const Plan& plan, const std::string& public_key_sha256,
                                                        const std::string& claim_key_sha256);
/// kDeviceKeyIsClaimKey of an unfinished run of an earlier version that has registered its thing with the claim's key.
[[nodiscard]] Failure registered_with_claim_key();

}  // namespace fleet_provision
