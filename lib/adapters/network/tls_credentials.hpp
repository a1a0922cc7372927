// The certificate, key and roots of a TLS client, read once and verified before anything is sent.
//
// Reading files and verifying PEM are two steps: an identity that was just issued is verified before it is in any file,
// and enters at the second step. The private key never leaves the TLS context, and nothing here ever prompts.
#pragma once

#include <string>

#include "adapters/keys/openssl_handles.hpp"
#include "adapters/keys/pem_credentials.hpp"
#include "adapters/network/connection_options.hpp"
#include "adapters/network/trust_store.hpp"
#include "core/identity.hpp"
#include "core/principal.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "ports/claim_file.hpp"

struct ossl_lib_ctx_st;

namespace fleet_provision {

/// A TLS client context (1.2 and up, peer always verified) with the roots to trust, the certificate and its key.
class TlsCredentials {
 public:
  /// Files of `options`. `library` null: OpenSSL's default context. kFileNotFound, kFileUnreadable,
  /// kClaimCertificateUnusable, kClaimKeyUnusable, kClaimKeyPassphrase, kClaimKeyMismatch, kClaimExpired,
  /// kCaFileUnusable, kNoTrustStore.
  [[nodiscard]] static Result<TlsCredentials> load(const ConnectionOptions& options, TrustedRoots& roots,
                                                   ossl_lib_ctx_st* library = nullptr);
  [[nodiscard]] static Result<TlsCredentials> from_pem(const PemCredentials& pem, TrustedRoots& roots,
                                                       ossl_lib_ctx_st* library = nullptr);

  /// No certificate, no key: whom we trust, and nothing to show. The facts are empty.
  [[nodiscard]] static Result<TlsCredentials> roots_alone(TrustedRoots& roots);

  [[nodiscard]] ssl_ctx_st& context() const { return *context_; }
  /// Whose certificate it is.
  [[nodiscard]] Principal principal() const { return principal_; }
  /// Of the leaf.
  [[nodiscard]] const CertificateFacts& facts() const { return facts_; }

 private:
  TlsCredentials(OpensslHandle<ssl_ctx_st> context, Principal principal, CertificateFacts facts)
      : context_(std::move(context)), principal_(principal), facts_(std::move(facts)) {}

  OpensslHandle<ssl_ctx_st> context_;
  Principal principal_;
  CertificateFacts facts_;
};

/// What the claim's files hold, without a context: certificate and key fit, whether in date or not. Files that do not
/// exist are left out. kFileUnreadable, kClaimCertificateUnusable, kClaimKeyUnusable, kClaimKeyPassphrase.
[[nodiscard]] Result<ClaimProof> prove_claim_files(const ConnectionOptions& options);
/// The same of PEM that was read already; its files are left to the caller.
[[nodiscard]] Result<ClaimProof> prove_claim_pem(const PemCredentials& pem);

}  // namespace fleet_provision
