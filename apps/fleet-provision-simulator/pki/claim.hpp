// The claim in the directory of the PKI: claim.pem, claim.key and claim.json.
//
// A claim is kept across runs as long as it fits: it is permanent, this root has signed it, and its key is the key of
// the CSR, or the one in claim.key. Anything else is replaced by a new claim. At no time is claim.key the key of a
// claim other than claim.pem: the certificate is removed first and written last, and with a CSR no other key stays.
#pragma once

#include "core/result.hpp"
#include "pki/pki.hpp"
#include "pki/x509.hpp"

namespace fleet_provision::simulator {

/// Sets the facts of the claim in `pki`, whose paths are set. With a CSR `claim_key` becomes empty. kStateNotWritable,
/// kCsrUnusable; throws std::runtime_error.
[[nodiscard]] Result<void> prepare_claim(Pki& pki, const CertifiedKey& root, const ClaimSettings& settings);

}  // namespace fleet_provision::simulator
