// Certificate chain and private key as PEM, or a key in a device, and their conversion to OpenSSL's objects. For a file
// of another format the error names that format (core/file_advice.hpp). No function prompts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/key_devices.hpp"
#include "adapters/keys/openssl_handles.hpp"
#include "core/key_location.hpp"
#include "core/principal.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

struct ossl_lib_ctx_st;

namespace fleet_provision {

/// Whose credentials these are, and the names of the claim's in messages (paths or sources).
struct PemCredentials {
  Principal principal = Principal::kClaim;
  std::string certificate_name;
  std::string certificate_pem;
  std::string key_name;
  /// Also a key that a TPM wrapped; empty for a key that only a device has.
  Secret key_pem;
  /// Where the key is, unless `key_pem` holds it.
  KeyLocation key_location = PemFile{};
  /// If absent, an encrypted key is kClaimKeyPassphrase.
  std::optional<Secret> passphrase;
  /// Certificate and key come from one text, and the certificate of the key need not be the first.
  bool from_one_text = false;
};

/// `claim certificate NAME` or `the identity's certificate`.
[[nodiscard]] std::string describe_certificate(const PemCredentials& pem);
/// `claim key NAME` or `the identity's key`.
[[nodiscard]] std::string describe_key(const PemCredentials& pem);
/// The leaf first, then the rest of the chain. kClaimCertificateUnusable.
[[nodiscard]] Result<std::vector<OpensslHandle<x509_st>>> read_chain(const PemCredentials& pem);
/// kClaimKeyUnusable, kClaimKeyPassphrase, errors of the device. `library` may be null for OpenSSL's default context.
[[nodiscard]] Result<LoadedKey> read_key(const PemCredentials& pem, KeyDevices& devices, ossl_lib_ctx_st* library);
/// The key as far as a comparison with its certificate needs it, without a device: the public half of a key that a TPM
/// wrapped, else the whole key. kClaimKeyUnusable, kClaimKeyPassphrase.
[[nodiscard]] Result<OpensslHandle<evp_pkey_st>> read_key_offline(const PemCredentials& pem);
/// The text of a passphrase file without its line end; nothing if no file is named. kFileNotFound, kFileUnreadable,
/// kClaimKeyPassphrase.
[[nodiscard]] Result<std::optional<Secret>> read_passphrase(const std::optional<std::string>& file);
[[nodiscard]] bool is_key_of(const x509_st& certificate, const evp_pkey_st* key);
/// Moves the certificate that belongs to `key`, if any, to the front.
void put_own_first(std::vector<OpensslHandle<x509_st>>& chain, evp_pkey_st* key);

}  // namespace fleet_provision
