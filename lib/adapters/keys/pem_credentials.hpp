// Certificate chain and private key as PEM, and their conversion to OpenSSL's objects. For a file of another format the
// error names that format (core/file_advice.hpp). No function prompts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/keys/openssl_handles.hpp"
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
  Secret key_pem;
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
/// kClaimKeyUnusable, kClaimKeyPassphrase. `library` may be null for OpenSSL's default context.
[[nodiscard]] Result<OpensslHandle<evp_pkey_st>> read_key(const PemCredentials& pem, ossl_lib_ctx_st* library);
/// The text of a passphrase file without its line end; nothing if no file is named. kFileNotFound, kFileUnreadable,
/// kClaimKeyPassphrase.
[[nodiscard]] Result<std::optional<Secret>> read_passphrase(const std::optional<std::string>& file);
[[nodiscard]] bool is_key_of(const x509_st& certificate, const evp_pkey_st* key);
/// Moves the certificate that belongs to `key`, if any, to the front.
void put_own_first(std::vector<OpensslHandle<x509_st>>& chain, evp_pkey_st* key);

}  // namespace fleet_provision
