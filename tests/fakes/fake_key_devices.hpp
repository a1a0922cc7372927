// Key devices whose keys are in software, and the file of a key that a TPM would have wrapped.
#pragma once

#include <openssl/core_names.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/keys/key_devices.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "tests/fakes/software_signer.hpp"

namespace fleet_provision::test {

class FakeKeyDevices final : public KeyDevices {
 public:
  /// `text` is the URI of the key, or the PEM of a wrapped key.
  std::shared_ptr<SoftwareSigner> add(const std::string& text, EVP_PKEY* key, EVP_PKEY* signs_with = nullptr) {
    auto signer = std::make_shared<SoftwareSigner>(signs_with == nullptr ? key : signs_with);
    EVP_PKEY_up_ref(key);
    keys_[text] = {std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), signer};
    return signer;
  }

  /// How often a key was looked for in a device.
  int searches = 0;
  /// What each search returns, if set.
  std::optional<Error> error;

 protected:
  Result<DeviceSigner> find(const KeyLocation& location, const std::string& name) override {
    return take(text_of(location), name);
  }
  Result<DeviceSigner> unwrap(std::string_view pem, const std::string& name) override {
    return take(std::string(pem), name);
  }

 private:
  struct Entry {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<SoftwareSigner> signer;
  };

  Result<DeviceSigner> take(const std::string& text, const std::string& name) {
    ++searches;
    if (error) return fail(*error);
    const auto found = keys_.find(text);
    if (found == keys_.end()) return fail(ErrorKind::kKeyNotFound, name + " is not there");
    DeviceSigner device;
    device.public_half = copy_public_half(*found->second.key);
    device.signer = found->second.signer;
    return device;
  }

  std::map<std::string, Entry> keys_;
};

/// A TSS2 PRIVATE KEY whose public part is that of a key on P-256. The private part is no key.
inline std::string wrapped_pem(const EVP_PKEY* key) {
  std::string point(65, '\0');
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()),
                                  point.size(), &size);
  const auto literal = [](std::string_view bytes) { return std::string(bytes); };
  using namespace std::string_view_literals;
  // TPMT_PUBLIC (TPM 2.0 Library, Part 2): ECC, SHA-256, attributes of a signing key, no policy, no symmetric
  // algorithm, no scheme, P-256, no KDF, the point.
  const std::string area = literal("\x00\x23\x00\x0B\x00\x04\x04\x72\x00\x00\x00\x10\x00\x10\x00\x03\x00\x10"sv) +
                           literal("\x00\x20"sv) + point.substr(1, 32) + literal("\x00\x20"sv) + point.substr(33, 32);
  Tss2Key wrapped;
  wrapped.empty_auth = true;
  wrapped.parent = 0x40000001;
  wrapped.public_area = std::string{'\0', static_cast<char>(area.size())} + area;
  wrapped.private_area = literal("\x00\x04test"sv);
  return std::string(to_tss2_pem(wrapped).reveal());
}

}  // namespace fleet_provision::test
