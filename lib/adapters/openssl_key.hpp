// Asymmetric keys as OpenSSL holds them: what keys, CSRs and certificates have in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

// OpenSSL's own tags; its headers stay in the .cpp files.
struct evp_pkey_st;

namespace fleet_provision {

struct FreeKey {
  void operator()(evp_pkey_st* key) const noexcept;
};
using OpensslKey = std::unique_ptr<evp_pkey_st, FreeKey>;

/// Empties this thread's error queue when a scope ends, so that no later call is blamed for what failed here.
class CleanErrorQueue {
 public:
  CleanErrorQueue() = default;
  CleanErrorQueue(const CleanErrorQueue&) = delete;
  CleanErrorQueue& operator=(const CleanErrorQueue&) = delete;
  ~CleanErrorQueue();
};

/// The newest reason in this thread's error queue, printable; for messages.
[[nodiscard]] std::string openssl_reason();

/// The first unencrypted private key in `pem`, its two halves proved to belong together. Never asks for a passphrase.
/// kDeviceKeyUnusable; `what` begins the message: "the device key /etc/key.pem".
[[nodiscard]] Result<OpensslKey> parse_private_key(std::string_view pem, const std::string& what);
/// PKCS#8, unencrypted.
[[nodiscard]] Result<Secret> private_key_pem(evp_pkey_st* key);

/// `ec-p256`, `rsa-2048`, …; `kind` for a key that the service does not certify (service-facts 4.1).
[[nodiscard]] Result<std::string> key_type(evp_pkey_st* key, ErrorKind kind, const std::string& what);
/// Lower-case hex over the DER of the SubjectPublicKeyInfo.
[[nodiscard]] Result<std::string> public_key_sha256(evp_pkey_st* key);

/// What a file that should hold a PEM block holds instead, in words: "is empty", "is DER, not PEM", ….
[[nodiscard]] std::string describe_not_pem(std::string_view bytes);

/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_of(std::string_view bytes);

}  // namespace fleet_provision
