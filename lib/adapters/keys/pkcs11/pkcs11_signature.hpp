// Signatures of a private key in a token.
#pragma once

#include <string>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/pkcs11/pkcs11_public_key.hpp"

namespace fleet_provision {

/// What a signature needs to know of a key.
struct Pkcs11SigningKey {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  bool is_rsa = false;
  std::size_t bits = 0;
  bool always_authenticate = false;
};

[[nodiscard]] inline Pkcs11SigningKey signing_key(const Pkcs11Key& key) {
  return {key.handle, key.is_rsa, key.bits, key.always_authenticate};
}

/// The signature, ECDSA as DER. PSS by CKM_RSA_PKCS_PSS, or, where the token does not have it, by raw RSA
/// (CKM_RSA_X_509). kKeyUnsuitable where it has neither, or for a scheme that does not fit the key.
[[nodiscard]] Result<std::string> sign_in_token(Pkcs11Token& token, const Pkcs11SigningKey& key,
                                                const SignatureRequest& request);

}  // namespace fleet_provision
