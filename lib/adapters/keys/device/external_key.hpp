// OpenSSL keys whose private half is in a device.
//
// A provider of our own in a library context that holds nothing else gives OpenSSL an EVP_PKEY whose signatures a
// callback makes. The key works in an ordinary SSL_CTX of the default context, for TLS 1.2 and 1.3, and for
// X509_REQ_sign. OpenSSL never gets the private half, so everything else, such as the verification of the server, stays
// in software.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "adapters/keys/openssl_handles.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"

namespace fleet_provision {

enum class SignatureScheme : unsigned char {
  /// ECDSA (FIPS 186-4); the signature is the DER of ECDSA-Sig-Value (RFC 3279 section 2.2.3).
  kEcdsa,
  /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
  kRsaPkcs1,
  /// RSASSA-PSS (RFC 8017 section 8.1) with MGF1 over the same hash and a salt as long as the hash.
  kRsaPss,
};
enum class HashAlgorithm : unsigned char { kSha256, kSha384, kSha512 };

struct SignatureRequest {
  SignatureScheme scheme = SignatureScheme::kEcdsa;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  /// The hash of the message.
  std::span<const unsigned char> digest;
};

/// Signs with a private key in a device; called from any thread.
class ExternalSigner {
 public:
  ExternalSigner() = default;
  ExternalSigner(const ExternalSigner&) = delete;
  ExternalSigner& operator=(const ExternalSigner&) = delete;
  virtual ~ExternalSigner() = default;
  /// The bytes of the signature, or the device's error with its own code.
  [[nodiscard]] virtual Result<std::string> sign(const SignatureRequest& request) = 0;
};

/// The key of a device: its public half in software, and its signer.
struct DeviceSigner {
  OpensslHandle<evp_pkey_st> public_half;
  std::shared_ptr<ExternalSigner> signer;
};

/// The error of the last signature that failed; OpenSSL reports only that one failed.
class SignatureFailure {
 public:
  void set(Error error);
  /// Returns the error once.
  [[nodiscard]] std::optional<Error> take();

 private:
  Mutex mutex_;
  std::optional<Error> error_ FP_GUARDED_BY(mutex_);
};

/// A private key as OpenSSL's object, wherever it is.
struct LoadedKey {
  OpensslHandle<evp_pkey_st> key;
  /// Null for a key in software.
  std::shared_ptr<SignatureFailure> failure = {};
};

/// The EVP_PKEY of an EC (P-256, P-384) or RSA key in a device. Its public half can be read and compared; an export of
/// the private half is refused. kInternal if OpenSSL cannot make it.
[[nodiscard]] Result<LoadedKey> make_external_key(const DeviceSigner& device);

/// Another owner of the same key.
[[nodiscard]] LoadedKey share(const LoadedKey& key);

/// The public half of a key, wherever the private half is, as an ordinary key of OpenSSL's default context, which
/// OpenSSL can encode; null if it cannot be copied.
[[nodiscard]] OpensslHandle<evp_pkey_st> copy_public_half(const evp_pkey_st& key);

/// One signature that proves that the device has the private half of the key: kKeyUnsuitable if the public half does
/// not verify it, or the device's error.
[[nodiscard]] Result<void> prove_external_key(const LoadedKey& key);

}  // namespace fleet_provision
