// Asymmetric keys as OpenSSL holds them: what keys, CSRs and certificates have in common.
#pragma once

#include <string>
#include <string_view>

#include "adapters/keys/openssl_handles.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

using OpensslKey = OpensslHandle<evp_pkey_st>;

/// The first unencrypted private key in `pem`, its two halves proved to belong together. Never asks for a passphrase.
/// kDeviceKeyUnusable; `what` begins the message: "the device key /etc/key.pem". `path` is where it was read, for the
/// commands of hints; `-`: no file.
[[nodiscard]] Result<OpensslKey> parse_private_key(std::string_view pem, const std::string& what,
                                                   const std::string& path = "-");
/// PKCS#8, unencrypted.
[[nodiscard]] Result<Secret> private_key_pem(evp_pkey_st* key);

/// `ec-p256`, `rsa-2048`, …; `kind` for a key that the service does not certify (docs/service.md, "Limits").
[[nodiscard]] Result<std::string> key_type(evp_pkey_st* key, ErrorKind kind, const std::string& what);
/// `kind` for an EC key whose curve is written out instead of named (docs/service.md, "Limits"), also where the
/// parameters are those of a curve with a name.
[[nodiscard]] Result<void> refuse_explicit_curve(evp_pkey_st* key, ErrorKind kind, const std::string& what,
                                                 const std::string& hint);

}  // namespace fleet_provision
