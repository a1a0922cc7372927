// The public part of a TPM key, read without a TPM and without its libraries.
//
// TPM 2.0 Library, Part 2: TPM2B_PUBLIC and TPMT_PUBLIC (section 12.2.4), TPMA_OBJECT (section 8.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/keys/openssl_handles.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct TpmPublicArea {
  bool rsa = false;
  std::uint32_t attributes = 0;
  /// TPM_ALG_NULL if the key may be used with any scheme.
  std::uint16_t scheme = 0;
  /// The hash of the scheme; 0 without one.
  std::uint16_t scheme_hash = 0;
  /// RSA.
  std::uint16_t bits = 0;
  std::uint32_t exponent = 0;
  std::string modulus;
  /// TPM_ECC_CURVE, and the point.
  std::uint16_t curve = 0;
  std::string x;
  std::string y;

  [[nodiscard]] bool may_decrypt() const;
  /// Whether another program's wrong authorization values cannot lock the key (TPMA_OBJECT noDA).
  [[nodiscard]] bool never_locked() const;
};

/// A marshalled TPM2B_PUBLIC. kDeviceKeyUnusable for damaged bytes, kKeyUnsuitable for an object that is neither an RSA
/// nor an EC key, or that may not sign without restrictions.
[[nodiscard]] Result<TpmPublicArea> parse_signing_key(std::string_view tpm2b_public);
/// kKeyUnsuitable for RSA with fewer than 2048 bits and for a curve that is neither P-256 nor P-384;
/// kDeviceKeyUnusable for a point that is not on its curve.
[[nodiscard]] Result<OpensslHandle<evp_pkey_st>> public_key_of(const TpmPublicArea& area);

}  // namespace fleet_provision
