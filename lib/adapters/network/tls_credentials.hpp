// The certificate, key and roots of a TLS client, read once and verified before anything is sent.
//
// Reading files and verifying PEM are two steps: a newly issued identity is verified before it is in any file, so only
// the second step applies to it. The private key never leaves the TLS context, and no function prompts. A key in a TPM
// or token is compared with its certificate and proved by one signature, so that a wrong PIN or another key is reported
// before anything is sent.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/key_devices.hpp"
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
  /// Reads the files of `options`. `library` may be null for OpenSSL's default context. kFileNotFound, kFileUnreadable,
  /// kClaimCertificateUnusable, kClaimKeyUnusable, kClaimKeyPassphrase, kClaimKeyMismatch, kClaimExpired,
  /// kCaFileUnusable, kNoTrustStore, kKeyUri, kKeyUnsuitable, errors of the device.
  [[nodiscard]] static Result<TlsCredentials> load(const ConnectionOptions& options, TrustedRoots& roots,
                                                   KeyDevices& devices, ossl_lib_ctx_st* library = nullptr);
  [[nodiscard]] static Result<TlsCredentials> from_pem(const PemCredentials& pem, TrustedRoots& roots,
                                                       KeyDevices& devices, ossl_lib_ctx_st* library = nullptr);

  /// Root certificates without a client certificate and key. The facts are empty.
  [[nodiscard]] static Result<TlsCredentials> roots_alone(TrustedRoots& roots);

  [[nodiscard]] ssl_ctx_st& context() const { return *context_; }
  /// Whose certificate it is.
  [[nodiscard]] Principal principal() const { return principal_; }
  /// The facts of the leaf.
  [[nodiscard]] const CertificateFacts& facts() const { return facts_; }
  /// The error of a key device that did not sign; null for a key in software.
  [[nodiscard]] const std::shared_ptr<SignatureFailure>& signature_failure() const { return signature_failure_; }

 private:
  TlsCredentials(OpensslHandle<ssl_ctx_st> context, Principal principal, CertificateFacts facts,
                 std::shared_ptr<SignatureFailure> signature_failure)
      : context_(std::move(context)),
        principal_(principal),
        facts_(std::move(facts)),
        signature_failure_(std::move(signature_failure)) {}

  OpensslHandle<ssl_ctx_st> context_;
  Principal principal_;
  CertificateFacts facts_;
  std::shared_ptr<SignatureFailure> signature_failure_;
};

/// The content of the claim's files, without a TLS context: whether certificate and key belong together, expired or
/// not. Files that do not exist are left out, and so is a key that only a device has. No device is opened.
/// kFileUnreadable, kClaimCertificateUnusable, kClaimKeyUnusable, kClaimKeyPassphrase.
[[nodiscard]] Result<ClaimProof> prove_claim_files(const ConnectionOptions& options);
/// The same for PEM that was read already; the caller adds the files.
[[nodiscard]] Result<ClaimProof> prove_claim_pem(const PemCredentials& pem);

}  // namespace fleet_provision
