// The padding of RSASSA-PSS in software, for keys whose device only computes with the private exponent.
#pragma once

#include <cstddef>
#include <string>

#include "adapters/keys/external_key.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// EMSA-PSS-ENCODE (RFC 8017 section 9.1.1) of a digest with MGF1 over the same hash and a random salt as long as it.
/// `bits` is the size of the modulus; the text is as long as the modulus. kInternal for a modulus that is too small.
[[nodiscard]] Result<std::string> emsa_pss(const SignatureRequest& request, std::size_t bits);

}  // namespace fleet_provision
