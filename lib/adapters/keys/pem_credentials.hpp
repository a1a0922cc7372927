// Certificate chain and private key as PEM, and how OpenSSL's objects come of them. Files of any other format are
// refused by name (core/file_advice.hpp). Nothing here ever prompts.
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

/// Whose they are, and the names that messages give the claim's (paths, or where they come from).
struct PemCredentials {
  Principal principal = Principal::kClaim;
  std::string certificate_name;
  std::string certificate_pem;
  std::string key_name;
  Secret key_pem;
  /// Absent: an encrypted key is kClaimKeyPassphrase.
  std::optional<Secret> passphrase;
  /// Both come from one text, and the certificate of the key need not be the first of the chain.
  bool from_one_text = false;
};

/// `claim certificate NAME` or `the identity's certificate`.
[[nodiscard]] std::string describe_certificate(const PemCredentials& pem);
/// `claim key NAME` or `the identity's key`.
[[nodiscard]] std::string describe_key(const PemCredentials& pem);
/// The leaf first, then whatever chain follows it. kClaimCertificateUnusable.
[[nodiscard]] Result<std::vector<OpensslHandle<x509_st>>> read_chain(const PemCredentials& pem);
/// kClaimKeyUnusable, kClaimKeyPassphrase. `library` null: OpenSSL's default context.
[[nodiscard]] Result<OpensslHandle<evp_pkey_st>> read_key(const PemCredentials& pem, ossl_lib_ctx_st* library);
/// The text of a passphrase file without its line end; nothing when no file is named. kFileNotFound, kFileUnreadable,
/// kClaimKeyPassphrase.
[[nodiscard]] Result<std::optional<Secret>> read_passphrase(const std::optional<std::string>& file);
[[nodiscard]] bool is_key_of(const x509_st& certificate, const evp_pkey_st* key);
/// Puts the certificate that belongs to `key` first, if there is one.
void put_own_first(std::vector<OpensslHandle<x509_st>>& chain, evp_pkey_st* key);

}  // namespace fleet_provision
