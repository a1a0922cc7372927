// Keys and certificates with OpenSSL, for the PKI, the device issuer and the pool of RSA keys.
//
// The functions throw std::runtime_error with OpenSSL's reason.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::simulator {

inline constexpr long kSecondsPerDay = 86400;

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_PUBKEY* key) const { X509_PUBKEY_free(key); }
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using Certificate = std::unique_ptr<X509, FreeOpenSsl>;
using PublicKey = std::unique_ptr<X509_PUBKEY, FreeOpenSsl>;
using SigningRequest = std::unique_ptr<X509_REQ, FreeOpenSsl>;

/// The content of a certificate. Times are in seconds from now.
struct CertificateRequest {
  /// The NID of CN or OU, and its text, which may be longer than the 64 characters of X.520.
  int subject_nid = 0;
  std::string subject;
  long not_before = -300;
  long not_after = 0;
  /// An ASN.1 time that replaces `not_after`, unless empty.
  std::string not_after_time;
  /// NID and value in the syntax of OpenSSL's configuration (x509v3_config), in order.
  std::vector<std::pair<int, std::string>> extensions;
};

/// A certificate and its key.
struct CertifiedKey {
  Certificate certificate;
  Key key;
};

/// An end-entity certificate that is valid from yesterday, so that a gateway whose clock is slow accepts it, for 800
/// days. `usage` is an extended key usage: `serverAuth` or `clientAuth`.
[[nodiscard]] CertificateRequest leaf_request(const char* subject, const char* usage);

[[nodiscard]] Key make_ec_key();
[[nodiscard]] Key make_rsa_key();
/// RSA-2048 of three primes (RFC 8017, section 3), which are found in a third of the time; signing takes 0.3 ms more.
/// For a key that stays in the simulator: not every program reads such a private key.
[[nodiscard]] Key make_rsa_issuer_key();
/// Returns nullptr soon after `abandoned` has become true.
[[nodiscard]] Key make_rsa_key(const std::atomic<bool>& abandoned);
/// Signs with SHA-256. Self-signed when `issuer` is nullptr.
[[nodiscard]] Certificate make_certificate(const CertificateRequest& request, const X509_PUBKEY* subject_key,
                                           X509* issuer, EVP_PKEY* issuer_key);
[[nodiscard]] PublicKey public_key_of(EVP_PKEY* key);

[[nodiscard]] std::string pem_of(X509* certificate);
/// The public key of a certificate as a SubjectPublicKeyInfo.
[[nodiscard]] std::string public_key_pem_of(X509* certificate);
/// PKCS#8.
[[nodiscard]] std::string pem_of(EVP_PKEY* key);
/// PKCS#1 or SEC1, as the service sends it.
[[nodiscard]] std::string traditional_pem_of(EVP_PKEY* key);
[[nodiscard]] Certificate certificate_from_pem(std::string_view pem);
[[nodiscard]] Key key_from_pem(std::string_view pem);
/// SHA-256 over the DER in lower-case hex: the service's certificateId.
[[nodiscard]] std::string fingerprint(X509* certificate);
[[nodiscard]] std::string common_name(X509* certificate);

}  // namespace fleet_provision::simulator
