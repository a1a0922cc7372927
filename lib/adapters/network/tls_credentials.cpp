#include "adapters/network/tls_credentials.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <utility>
#include <vector>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/network/tls_policy.hpp"
#include "adapters/system/named_file.hpp"
#include "core/key_location.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using enum ErrorKind;

Result<void> check_dates(const CertificateFacts& facts, const PemCredentials& pem) {
  const WallTime now = std::chrono::system_clock::now();
  if (facts.not_after >= now) return {};
  return fail(kClaimExpired,
              describe_certificate(pem) + " (" + facts.subject + ") expired at " + rfc3339(facts.not_after) +
                  "; the local time is " + rfc3339(now),
              pem.principal == Principal::kClaim
                  ? "get a new claim certificate; if the local time is wrong, set the clock"
                  : "set the clock if the local time is wrong; otherwise provision again with --force");
}

/// The error if the key does not belong to the first certificate because that is an issuer or out of order.
Result<void> first_is_not_ours(const std::vector<OpensslHandle<X509>>& chain, EVP_PKEY* key,
                               const PemCredentials& pem) {
  const std::string name = describe_certificate(pem);
  const char* hint = "put the claim's own certificate first in the file, and its issuers behind it";
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (is_key_of(*chain[i], key)) {
      return fail(kClaimKeyMismatch,
                  name + ": the key belongs to certificate " + std::to_string(i + 1) + " of the file, not to the first",
                  hint);
    }
  }
  // 1 means that the certificate's basicConstraints mark it as a CA.
  if (X509_check_ca(chain.front().get()) != 1) return {};
  return fail(
      kClaimKeyMismatch,
      name + " begins with the certificate of an authority (" + facts_of(*chain.front()).subject + "), not of a claim",
      hint);
}

Result<void> use(SSL_CTX* context, const std::vector<OpensslHandle<X509>>& chain, EVP_PKEY* key,
                 const PemCredentials& pem) {
  X509* leaf = chain.front().get();
  if (!is_key_of(*leaf, key)) {
    FP_TRY(first_is_not_ours(chain, key, pem));
    return fail(kClaimKeyMismatch, describe_key(pem) + " is not the key of " + describe_certificate(pem),
                is_in_hardware(pem.key_location) ? "give the certificate that was issued for this key"
                                                 : "check that both files come from the same claim");
  }
  if (SSL_CTX_use_certificate(context, leaf) != 1) {
    return fail(kClaimCertificateUnusable, describe_certificate(pem) + " cannot be used: " + openssl_reason(),
                "lower the security level in OpenSSL's configuration (CipherString = DEFAULT@SECLEVEL=2), or get a "
                "certificate with a larger key or a newer signature algorithm");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return fail(kClaimCertificateUnusable,
                  "the chain of " + describe_certificate(pem) + " cannot be used: " + openssl_reason());
    }
  }
  if (SSL_CTX_use_PrivateKey(context, key) != 1) {
    return fail(kClaimKeyUnusable, describe_key(pem) + " cannot be used: " + openssl_reason());
  }
  return {};
}

bool is_key_uri(const std::string& reference) {
  const auto location = parse_key_location(reference);
  return !location || is_in_hardware(*location);
}

/// Nothing if the file does not exist.
Result<std::optional<Secret>> read_if_there(const std::string& path, const char* what, ErrorKind unusable,
                                            std::vector<ClaimFile>& files) {
  if (path.empty() || is_key_uri(path)) return std::optional<Secret>();
  auto bytes = read_named_file(path, what, unusable, kNamedFileBytesMax, &files);
  if (!bytes && bytes.error().kind == kFileNotFound) return std::optional<Secret>();
  if (!bytes) return fail(std::move(bytes).error());
  return std::optional<Secret>(std::move(*bytes));
}

}  // namespace

Result<TlsCredentials> TlsCredentials::from_pem(const PemCredentials& pem, TrustedRoots& roots, KeyDevices& devices,
                                                OSSL_LIB_CTX* library) {
  // The context comes first: if OpenSSL's configuration leaves no cipher, key and certificate cannot be checked.
  FP_TRY_ASSIGN(OpensslHandle<SSL_CTX> context, make_client_context(library));
  FP_TRY_ASSIGN(auto chain, read_chain(pem));
  FP_TRY_ASSIGN(const LoadedKey key, read_key(pem, devices, library));
  if (pem.from_one_text) put_own_first(chain, key.key.get());
  CertificateFacts facts = facts_of(*chain.front());
  FP_TRY(use(context.get(), chain, key.key.get(), pem));
  FP_TRY(check_dates(facts, pem));
  FP_TRY(roots.apply_to(*context));
  FP_TRY(devices.prove(key, describe_key(pem)));
  return TlsCredentials(std::move(context), pem.principal, std::move(facts), key.failure);
}

Result<TlsCredentials> TlsCredentials::roots_alone(TrustedRoots& roots) {
  FP_TRY_ASSIGN(OpensslHandle<SSL_CTX> context, make_client_context(nullptr));
  FP_TRY(roots.apply_to(*context));
  return TlsCredentials(std::move(context), Principal::kClaim, {}, nullptr);
}

Result<ClaimProof> prove_claim_files(const ConnectionOptions& options) {
  ClaimProof proof;
  PemCredentials pem;
  pem.certificate_name = options.certificate_file;
  pem.key_name = options.key_reference;
  FP_TRY_ASSIGN(const auto certificate,
                read_if_there(options.certificate_file, "claim certificate", kClaimCertificateUnusable, proof.files));
  if (!certificate) return proof;
  pem.certificate_pem = std::string(certificate->reveal());
  const WipedAtEnd wiped(pem.certificate_pem);
  FP_TRY_ASSIGN(const auto chain, read_chain(pem));
  proof.certificate = facts_of(*chain.front());
  std::vector<ClaimFile> key_files;
  FP_TRY_ASSIGN(auto key_pem, read_if_there(options.key_reference, "claim key", kClaimKeyUnusable, key_files));
  if (!key_pem) return proof;
  pem.key_pem = std::move(*key_pem);
  FP_TRY_ASSIGN(pem.passphrase, read_passphrase(options.key_passphrase_file));
  FP_TRY_ASSIGN(const auto key, read_key_offline(pem));
  proof.key_fits = is_key_of(*chain.front(), key.get());
  if (proof.key_fits) proof.files.insert(proof.files.end(), key_files.begin(), key_files.end());
  return proof;
}

Result<ClaimProof> prove_claim_pem(const PemCredentials& pem) {
  ClaimProof proof;
  FP_TRY_ASSIGN(auto chain, read_chain(pem));
  FP_TRY_ASSIGN(const auto key, read_key_offline(pem));
  if (pem.from_one_text) put_own_first(chain, key.get());
  proof.certificate = facts_of(*chain.front());
  proof.key_fits = is_key_of(*chain.front(), key.get());
  return proof;
}

Result<TlsCredentials> TlsCredentials::load(const ConnectionOptions& options, TrustedRoots& roots, KeyDevices& devices,
                                            OSSL_LIB_CTX* library) {
  PemCredentials pem;
  pem.certificate_name = options.certificate_file;
  pem.key_name = options.key_reference;
  FP_TRY_ASSIGN(pem.key_location, parse_key_location(options.key_reference));
  FP_TRY_ASSIGN(const Secret certificate,
                read_named_file(options.certificate_file, "claim certificate", kClaimCertificateUnusable));
  pem.certificate_pem = std::string(certificate.reveal());
  // The certificate file may hold the key, if the user swapped the two files.
  const WipedAtEnd wiped(pem.certificate_pem);
  if (!is_in_hardware(pem.key_location)) {
    FP_TRY_ASSIGN(pem.key_pem, read_named_file(options.key_reference, "claim key", kClaimKeyUnusable));
    FP_TRY_ASSIGN(pem.passphrase, read_passphrase(options.key_passphrase_file));
  }
  return from_pem(pem, roots, devices, library);
}

}  // namespace fleet_provision
