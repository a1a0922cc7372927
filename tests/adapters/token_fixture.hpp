// A token of SoftHSM, and what tests do with its keys.
#pragma once

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "adapters/keys/pkcs11/pkcs11.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/software_token.hpp"

namespace fleet_provision::test {

inline const EVP_MD* md_of(HashAlgorithm hash) {
  if (hash == HashAlgorithm::kSha384) return EVP_sha384();
  return hash == HashAlgorithm::kSha512 ? EVP_sha512() : EVP_sha256();
}

/// The digest of a text, signed by the device.
inline Result<std::string> signature_of(const DeviceSigner& device, SignatureScheme scheme, HashAlgorithm hash,
                                        std::string_view text = "what is signed") {
  std::array<unsigned char, 64> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, md_of(hash), nullptr);
  return device.signer->sign({scheme, hash, {digest.data(), size}});
}

/// Whether the device's signature is one of the public half.
inline bool signs(const DeviceSigner& device, SignatureScheme scheme, HashAlgorithm hash = HashAlgorithm::kSha256) {
  const std::string_view text = "what is signed";
  const auto signature = signature_of(device, scheme, hash, text);
  if (!signature) UNSCOPED_INFO(signature.error().message);
  if (!signature) return false;
  std::array<unsigned char, 64> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, md_of(hash), nullptr);
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(device.public_half.get(), nullptr), EVP_PKEY_CTX_free);
  if (EVP_PKEY_verify_init(context.get()) != 1) return false;
  if (scheme == SignatureScheme::kRsaPss) EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING);
  if (scheme == SignatureScheme::kRsaPss) EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST);
  EVP_PKEY_CTX_set_signature_md(context.get(), md_of(hash));
  return EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(signature->data()), signature->size(),
                         digest.data(), size) == 1;
}

struct TokenFixture {
  explicit TokenFixture(KeyDeviceSettings given = {}) : settings(std::move(given)) {
    if (!settings.pin_file) settings.pin_file = token.pin_file();
    if (!settings.pkcs11_module) settings.pkcs11_module = software_token_module();
    tokens = std::make_unique<Pkcs11>(settings);
  }
  /// As a new process does, with the same settings.
  void start_again() {
    tokens.reset();
    tokens = std::make_unique<Pkcs11>(settings);
  }
  [[nodiscard]] std::string planned(const std::string& name, const std::vector<KeyLocation>& own = {},
                                    const std::string& id = "0123456789abcdef") const {
    auto uri = tokens->plan(token.uri(name), id, own);
    if (!uri) FAIL(uri.error().message);
    return *uri;
  }
  SoftwareToken token;
  KeyDeviceSettings settings;
  std::unique_ptr<Pkcs11> tokens;
};

}  // namespace fleet_provision::test

/// Ends a test case where this machine has no token.
#define FP_NEEDS_SOFTWARE_TOKEN                            \
  if (!fleet_provision::test::software_token_module()) {   \
    FP_NOT_TRIED(fleet_provision::test::kNoSoftwareToken); \
    return;                                                \
  }
