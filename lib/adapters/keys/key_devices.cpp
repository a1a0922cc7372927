#include "adapters/keys/key_devices.hpp"

#include <utility>

namespace fleet_provision {

Tpm2& KeyDevices::tpm() {
  const Lock lock(mutex_);
  if (!tpm_) tpm_ = std::make_unique<Tpm2>(settings_);
  return *tpm_;
}

Pkcs11& KeyDevices::tokens() {
  const Lock lock(mutex_);
  if (!tokens_) tokens_ = std::make_unique<Pkcs11>(settings_);
  return *tokens_;
}

Result<LoadedKey> KeyDevices::open(const KeyLocation& location, const std::string& name) {
  if (const auto* at = std::get_if<TpmHandle>(&location)) {
    FP_TRY_ASSIGN(const DeviceSigner found, tpm().open_handle(at->handle, name));
    return make_external_key(found);
  }
  if (const auto* at = std::get_if<Pkcs11Uri>(&location)) {
    FP_TRY_ASSIGN(const DeviceSigner found, tokens().open(at->uri, name));
    return make_external_key(found);
  }
  return fail(ErrorKind::kInternal, name + " is not in a device");
}

Result<LoadedKey> KeyDevices::open_wrapped(std::string_view pem, const std::string& name) {
  FP_TRY_ASSIGN(const DeviceSigner found, tpm().open_wrapped(pem, name));
  return make_external_key(found);
}

}  // namespace fleet_provision
