#include "adapters/keys/key_devices.hpp"

#include <algorithm>
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

Result<DeviceSigner> KeyDevices::find(const KeyLocation& location, const std::string& name) {
  if (const auto* at = std::get_if<TpmHandle>(&location)) return tpm().open_handle(at->handle, name);
  if (const auto* at = std::get_if<Pkcs11Uri>(&location)) return tokens().open(at->uri, name);
  return fail(ErrorKind::kInternal, name + " is not in a device");
}

Result<DeviceSigner> KeyDevices::unwrap(std::string_view pem, const std::string& name) {
  return tpm().open_wrapped(pem, name);
}

std::optional<LoadedKey> KeyDevices::opened(std::string_view text) {
  const Lock lock(mutex_);
  for (const OpenKey& each : keys_) {
    if (each.text == text) return share(each.key);
  }
  return std::nullopt;
}

Result<LoadedKey> KeyDevices::keep(std::string text, const DeviceSigner& found) {
  FP_TRY_ASSIGN(LoadedKey key, make_external_key(found));
  const Lock lock(mutex_);
  keys_.push_back({std::move(text), share(key)});
  return key;
}

Result<LoadedKey> KeyDevices::open(const KeyLocation& location, const std::string& name) {
  std::string text = text_of(location);
  if (auto key = opened(text)) return std::move(*key);
  FP_TRY_ASSIGN(const DeviceSigner found, find(location, name));
  return keep(std::move(text), found);
}

Result<LoadedKey> KeyDevices::open_wrapped(std::string_view pem, const std::string& name) {
  if (auto key = opened(pem)) return std::move(*key);
  FP_TRY_ASSIGN(const DeviceSigner found, unwrap(pem, name));
  return keep(std::string(pem), found);
}

Result<LoadedKey> KeyDevices::take_over(const KeyLocation& location, const DeviceSigner& made) {
  return keep(text_of(location), made);
}

Result<void> KeyDevices::prove(const LoadedKey& key, const std::string& name) {
  if (!key.failure) return {};
  {
    const Lock lock(mutex_);
    const bool proved = std::any_of(keys_.begin(), keys_.end(), [&key](const OpenKey& each) {
      return each.proved && each.key.failure == key.failure;
    });
    if (proved) return {};
  }
  if (auto proved = prove_external_key(key); !proved) {
    // The device's own errors name the key.
    const bool names_key = proved.error().message.starts_with(name);
    return fail(names_key ? std::move(proved).error() : std::move(proved).error().within(name));
  }
  note_proved(key);
  return {};
}

void KeyDevices::note_proved(const LoadedKey& key) {
  const Lock lock(mutex_);
  for (OpenKey& each : keys_) {
    if (each.key.failure == key.failure) each.proved = true;
  }
}

void KeyDevices::forget() {
  const Lock lock(mutex_);
  keys_.clear();
}

}  // namespace fleet_provision
