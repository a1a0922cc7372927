// The key devices of a run, opened when the first key in them is needed, and the only code from the location of a key
// in a device to OpenSSL's object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/keys/device_settings.hpp"
#include "adapters/keys/external_key.hpp"
#include "adapters/keys/pkcs11.hpp"
#include "adapters/keys/tpm2.hpp"
#include "core/key_location.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Shared by the keysmith and the transport of a run, which it outlives; may be used from several threads.
class KeyDevices {
 public:
  explicit KeyDevices(KeyDeviceSettings settings = {}) : settings_(std::move(settings)) {}

  [[nodiscard]] Tpm2& tpm();
  [[nodiscard]] Pkcs11& tokens();

  /// A key at a handle or in a token. `name` begins the messages: "the device key handle:0x81000001". Errors of Tpm2
  /// and Pkcs11; kInternal for a location that is a file.
  [[nodiscard]] Result<LoadedKey> open(const KeyLocation& location, const std::string& name);
  /// A key that a TPM wrapped.
  [[nodiscard]] Result<LoadedKey> open_wrapped(std::string_view pem, const std::string& name);

 private:
  KeyDeviceSettings settings_;
  Mutex mutex_;
  std::unique_ptr<Tpm2> tpm_ FP_GUARDED_BY(mutex_);
  std::unique_ptr<Pkcs11> tokens_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
