// What tests with a software TPM share: settings, and a signature that is made and verified.
#pragma once

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <string>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/device/external_key.hpp"
#include "core/result.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/software_tpm.hpp"

/// Ends a test case with a warning where there is no software TPM.
#define FP_NEEDS_TPM()                                                                           \
  if (const std::string lack = ::fleet_provision::test::SoftwareTpm::missing(); !lack.empty()) { \
    FP_NOT_TRIED("not tried: " + lack);                                                          \
    return;                                                                                      \
  }
/// A Result that has a value, or a failure with its message.
#define REQUIRE_TPM(result)                        \
  do {                                             \
    if (!(result)) FAIL((result).error().message); \
    SUCCEED();                                     \
  } while (false)
#define CHECK_TPM(...)                                                                              \
  do {                                                                                              \
    if (const auto fp_checked = (__VA_ARGS__); !fp_checked) FAIL_CHECK(fp_checked.error().message); \
    SUCCEED();                                                                                      \
  } while (false)

namespace fleet_provision::test {

inline KeyDeviceSettings settings_of(const SoftwareTpm& tpm) {
  KeyDeviceSettings settings;
  settings.tcti = tpm.tcti();
  settings.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  return settings;
}

inline const EVP_MD* message_digest_of(HashAlgorithm hash) {
  if (hash == HashAlgorithm::kSha256) return EVP_sha256();
  return hash == HashAlgorithm::kSha384 ? EVP_sha384() : EVP_sha512();
}

/// Whether the public half verifies a signature of the digest of a text, the salt of PSS being as long as the digest.
inline bool verifies(evp_pkey_st* key, SignatureScheme scheme, HashAlgorithm hash, const std::string& digest,
                     const std::string& signature) {
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) != 1) return false;
  if (EVP_PKEY_CTX_set_signature_md(context.get(), message_digest_of(hash)) != 1) return false;
  if (scheme == SignatureScheme::kRsaPss &&
      (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  return EVP_PKEY_verify(context.get(), bytes, signature.size(), reinterpret_cast<const unsigned char*>(digest.data()),
                         digest.size()) == 1;
}

/// One signature of the key, verified by its public half; the device's error, or kInternal for a wrong one.
inline Result<void> signs(const DeviceSigner& key, SignatureScheme scheme,
                          HashAlgorithm hash = HashAlgorithm::kSha256) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest("text", 4, digest.data(), &size, message_digest_of(hash), nullptr);
  FP_TRY_ASSIGN(const std::string signature, key.signer->sign({scheme, hash, {digest.data(), size}}));
  const std::string text(reinterpret_cast<const char*>(digest.data()), size);
  if (verifies(key.public_half.get(), scheme, hash, text, signature)) return {};
  return fail(ErrorKind::kInternal, "the signature is wrong");
}

}  // namespace fleet_provision::test
