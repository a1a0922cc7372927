#include "adapters/keys/device/external_key.hpp"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <utility>
#include <vector>

#include "adapters/keys/device/external_provider.hpp"

namespace fleet_provision {
namespace {

constexpr std::array<unsigned char, 5> kProofText{'p', 'r', 'o', 'o', 'f'};

/// The key whose `keydata` takes over `data`.
OpensslHandle<EVP_PKEY> import_external(ExternalKeyData& data) {
  OSSL_LIB_CTX* library = external_library();
  if (library == nullptr) return nullptr;
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(library, data.is_rsa ? "RSA" : "EC", nullptr));
  void* address = &data;
  std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_octet_string(kExternalKeyParameter, &address, sizeof address), OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.data()) != 1) {
    return nullptr;
  }
  return OpensslHandle<EVP_PKEY>(made);
}

/// Nothing if the key does not sign.
std::optional<std::vector<unsigned char>> sign_proof(EVP_PKEY* key) {
  const OpensslHandle<EVP_MD_CTX> signing(EVP_MD_CTX_new());
  const int size_max = EVP_PKEY_get_size(key);
  if (!signing || size_max <= 0) return std::nullopt;
  std::vector<unsigned char> signature(static_cast<std::size_t>(size_max));
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(signing.get(), signature.data(), &size, kProofText.data(), kProofText.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

bool verifies_proof(EVP_PKEY* public_half, const std::vector<unsigned char>& signature) {
  const OpensslHandle<EVP_MD_CTX> verifying(EVP_MD_CTX_new());
  return verifying && EVP_DigestVerifyInit(verifying.get(), nullptr, EVP_sha256(), nullptr, public_half) == 1 &&
         EVP_DigestVerify(verifying.get(), signature.data(), signature.size(), kProofText.data(), kProofText.size()) ==
             1;
}

}  // namespace

void SignatureFailure::set(Error error) {
  const Lock lock(mutex_);
  error_ = std::move(error);
}

std::optional<Error> SignatureFailure::take() {
  const Lock lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

Result<LoadedKey> make_external_key(const DeviceSigner& device) {
  const CleanErrorQueue clean;
  if (!device.public_half || !device.signer) return fail(ErrorKind::kInternal, "the key of a device is incomplete");
  ExternalKeyData data;
  data.is_rsa = EVP_PKEY_is_a(device.public_half.get(), "RSA") == 1;
  if (!data.is_rsa && EVP_PKEY_is_a(device.public_half.get(), "EC") != 1) {
    return fail(ErrorKind::kKeyUnsuitable, "the key of the device is neither RSA nor EC");
  }
  data.public_half = copy_public_half(*device.public_half);
  data.signer = device.signer;
  data.failure = std::make_shared<SignatureFailure>();
  LoadedKey loaded;
  loaded.failure = data.failure;
  if (data.public_half) loaded.key = import_external(data);
  if (!loaded.key) return openssl_failure("OpenSSL takes no key of a device");
  return loaded;
}

LoadedKey share(const LoadedKey& key) {
  if (key.key) EVP_PKEY_up_ref(key.key.get());
  return {OpensslHandle<EVP_PKEY>(key.key.get()), key.failure};
}

OpensslHandle<evp_pkey_st> copy_public_half(const evp_pkey_st& key) {
  const CleanErrorQueue clean;
  const char* type = EVP_PKEY_is_a(&key, "RSA") == 1 ? "RSA" : "EC";
  OSSL_PARAM* exported = nullptr;
  if (EVP_PKEY_todata(&key, EVP_PKEY_PUBLIC_KEY, &exported) != 1) return nullptr;
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(exported, &OSSL_PARAM_free);
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return OpensslHandle<EVP_PKEY>(made);
}

Result<void> prove_external_key(const LoadedKey& key) {
  const CleanErrorQueue clean;
  const auto signature = sign_proof(key.key.get());
  if (!signature) {
    std::optional<Error> error = key.failure ? key.failure->take() : std::nullopt;
    if (error) return fail(std::move(*error));
    return openssl_failure("OpenSSL cannot sign with the key of a device");
  }
  const OpensslHandle<EVP_PKEY> public_half = copy_public_half(*key.key);
  if (public_half && verifies_proof(public_half.get(), *signature)) return {};
  return fail(ErrorKind::kKeyUnsuitable, "the signature of the device does not fit the public key that it shows",
              "make the key again; its public and private parts do not belong together");
}

}  // namespace fleet_provision
