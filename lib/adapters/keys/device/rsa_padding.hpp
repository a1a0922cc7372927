// What a device signs for RSA: encodings that it does not make itself (RFC 8017).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "adapters/keys/device/external_key.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// 32, 48 or 64.
[[nodiscard]] std::size_t size_of(HashAlgorithm hash);
/// The DER of DigestInfo (RFC 8017 section 9.2, note 1), for CKM_RSA_PKCS.
[[nodiscard]] std::string digest_info(HashAlgorithm hash, std::span<const unsigned char> digest);
/// EMSA-PSS (RFC 8017 section 9.1.1) with MGF1 over the same hash and a random salt as long as the hash, as many bytes
/// as the modulus has. kKeyUnsuitable for a key that is too short; kInternal.
[[nodiscard]] Result<std::string> emsa_pss(HashAlgorithm hash, std::span<const unsigned char> digest,
                                           std::size_t modulus_bits);

}  // namespace fleet_provision
