// The file format of keys that a TPM wrapped: PEM of type `TSS2 PRIVATE KEY`, the TPMKey of "ASN.1 Specification for
// TPM 2.0 Key Files" (draft-bottomley-tpm2-keys), which tpm2-openssl and tpm2-tools use.
//
// Reading it needs no TPM and no library of it: the public part stands in the clear.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/keys/openssl_handles.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

inline constexpr std::string_view kTss2PemLabel = "TSS2 PRIVATE KEY";

struct Tss2Key {
  /// The key needs no authorization value.
  bool empty_auth = false;
  /// A permanent handle (0x40000001: derive the standard ECC storage key of the owner hierarchy) or a persistent one.
  std::uint32_t parent = 0;
  /// TPM2B_PUBLIC and TPM2B_PRIVATE, marshalled with their sizes.
  std::string public_area;
  std::string private_area;
};

/// Whether the text holds a PEM block of this type.
[[nodiscard]] bool is_tss2_pem(std::string_view pem);
/// kKeyUnsuitable for a key with a policy, a sealed object or an importable key; kDeviceKeyUnusable for a damaged file.
[[nodiscard]] Result<Tss2Key> parse_tss2_pem(std::string_view pem);
[[nodiscard]] Secret to_tss2_pem(const Tss2Key& key);
/// The public key of the TPM2B_PUBLIC; kKeyUnsuitable for a key that is neither RSA nor on P-256 or P-384, or that may
/// not sign.
[[nodiscard]] Result<OpensslHandle<evp_pkey_st>> public_half_of(const Tss2Key& key);

}  // namespace fleet_provision
