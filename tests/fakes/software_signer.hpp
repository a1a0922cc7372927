// A signer in software that stands for a key device.
#pragma once

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/keys/device/external_key.hpp"

namespace fleet_provision::test {

class SoftwareSigner final : public ExternalSigner {
 public:
  explicit SoftwareSigner(EVP_PKEY* key) : key_(key) { EVP_PKEY_up_ref(key); }

  Result<std::string> sign(const SignatureRequest& request) override {
    const std::lock_guard lock(mutex_);
    schemes.push_back(request.scheme);
    if (error) return fail(*error);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key_.get(), nullptr),
                                                                              EVP_PKEY_CTX_free);
    const EVP_MD* hash = request.hash == HashAlgorithm::kSha256   ? EVP_sha256()
                         : request.hash == HashAlgorithm::kSha384 ? EVP_sha384()
                                                                  : EVP_sha512();
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    bool good = EVP_PKEY_sign_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), hash) == 1;
    if (request.scheme == SignatureScheme::kRsaPss) {
      good = good && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    good = good && EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 request.digest.data(), request.digest.size()) == 1;
    if (!good) return fail(ErrorKind::kInternal, "the test's signer failed");
    signature.resize(size);
    return signature;
  }

  /// What sign returns, if set.
  std::optional<Error> error;
  /// The scheme of each signature that was asked for.
  std::vector<SignatureScheme> schemes;

 private:
  std::mutex mutex_;
  OpensslHandle<EVP_PKEY> key_;
};

struct SoftwareDevice {
  std::shared_ptr<SoftwareSigner> signer;
  LoadedKey loaded;
};

/// The key of a device whose public half is that of `key`; `signs_with` signs, if given, in its place.
inline SoftwareDevice software_device(EVP_PKEY* key, EVP_PKEY* signs_with = nullptr) {
  SoftwareDevice made;
  made.signer = std::make_shared<SoftwareSigner>(signs_with == nullptr ? key : signs_with);
  DeviceSigner device;
  device.public_half = copy_public_half(*key);
  device.signer = made.signer;
  auto loaded = make_external_key(device);
  if (loaded) made.loaded = std::move(*loaded);
  return made;
}

}  // namespace fleet_provision::test
