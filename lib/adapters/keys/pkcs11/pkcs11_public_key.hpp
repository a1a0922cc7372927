// The public half of a private key in a token, in software.
#pragma once

#include <cstddef>
#include <string>

#include "adapters/keys/key.hpp"
#include "adapters/keys/pkcs11/pkcs11_objects.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// A key that may sign, and its public half.
struct Pkcs11Key {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  OpensslKey public_half;
  bool is_rsa = false;
  /// Of the modulus, or of the curve.
  std::size_t bits = 0;
  /// CKA_ALWAYS_AUTHENTICATE: each signature needs the PIN.
  bool always_authenticate = false;
};

/// RSA: from the private object. EC: from the public object with the same CKA_ID or label, or from a certificate with
/// the same CKA_ID or label. kKeyUnsuitable: it may not sign, is neither RSA nor EC on a named curve that TLS uses here
/// (P-256, P-384, P-521), or has no public half.
[[nodiscard]] Result<Pkcs11Key> read_key(const Pkcs11Token& token, CK_OBJECT_HANDLE private_key);

/// CKA_EC_PARAMS of a curve with that many bits: 256, 384 or 521.
[[nodiscard]] std::string ec_parameters(std::size_t bits);

}  // namespace fleet_provision
