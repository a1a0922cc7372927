// Functions for asymmetric keys of OpenSSL that keys, CSRs and certificates share.
#pragma once

#include <string>
#include <string_view>

#include "adapters/keys/openssl_handles.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

using OpensslKey = OpensslHandle<evp_pkey_st>;

/// The first unencrypted private key in `pem`, after a check that its public and private key belong together. Never
/// asks for a passphrase. kDeviceKeyUnusable; `what` begins the message: "the device key /etc/key.pem". `path` is the
/// file it was read from, for the commands in hints; `-` means no file.
[[nodiscard]] Result<OpensslKey> parse_private_key(std::string_view pem, const std::string& what,
                                                   const std::string& path = "-");
/// PKCS#8, unencrypted.
[[nodiscard]] Result<Secret> private_key_pem(evp_pkey_st* key);

/// `ec-p256`, `rsa-2048`, …; fails with `kind` for a key that the service does not certify (docs/service.md, "Limits").
[[nodiscard]] Result<std::string> key_type(evp_pkey_st* key, ErrorKind kind, const std::string& what);
/// Fails with `kind` for an EC key with explicit curve parameters instead of a named curve (docs/service.md, "Limits"),
/// even if the parameters are those of a named curve.
[[nodiscard]] Result<void> refuse_explicit_curve(evp_pkey_st* key, ErrorKind kind, const std::string& what,
                                                 const std::string& hint);

}  // namespace fleet_provision
