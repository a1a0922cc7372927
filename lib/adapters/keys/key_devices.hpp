// The key devices of a run, opened when the first key in them is needed, and the only code from the location of a key
// in a device to OpenSSL's object.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/pkcs11/pkcs11.hpp"
#include "adapters/keys/tpm2/tpm2.hpp"
#include "core/key_location.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Shared by the keysmith and the transport of a run; may be used from several threads. A key is opened once, and
/// proved once, until `forget`.
class KeyDevices {
 public:
  explicit KeyDevices(KeyDeviceSettings settings = {}) : settings_(std::move(settings)) {}
  KeyDevices(const KeyDevices&) = delete;
  KeyDevices& operator=(const KeyDevices&) = delete;
  virtual ~KeyDevices() = default;

  [[nodiscard]] Tpm2& tpm();
  [[nodiscard]] Pkcs11& tokens();

  /// A key at a handle or in a token. `name` begins the messages: "the device key handle:0x81000001". Errors of Tpm2
  /// and Pkcs11; kInternal for a location that is a file.
  [[nodiscard]] Result<LoadedKey> open(const KeyLocation& location, const std::string& name);
  /// A key that a TPM wrapped.
  [[nodiscard]] Result<LoadedKey> open_wrapped(std::string_view pem, const std::string& name);
  /// Remembers a key that was just made, so that `open` need not look for it.
  [[nodiscard]] Result<LoadedKey> take_over(const KeyLocation& location, const DeviceSigner& made);

  /// See prove_external_key; does nothing for a key in software, and for a key that has signed already.
  [[nodiscard]] Result<void> prove(const LoadedKey& key, const std::string& name);
  /// Tells that a signature of the key was verified.
  void note_proved(const LoadedKey& key);

  /// Drops the keys; the devices stay open.
  void forget();

 protected:
  /// `open` and `open_wrapped` without what was opened before; tests replace them.
  [[nodiscard]] virtual Result<DeviceSigner> find(const KeyLocation& location, const std::string& name);
  [[nodiscard]] virtual Result<DeviceSigner> unwrap(std::string_view pem, const std::string& name);

 private:
  struct OpenKey {
    /// The URI, or the PEM of a wrapped key.
    std::string text;
    LoadedKey key;
    bool proved = false;
  };

  [[nodiscard]] std::optional<LoadedKey> opened(std::string_view text);
  [[nodiscard]] Result<LoadedKey> keep(std::string text, const DeviceSigner& found);

  KeyDeviceSettings settings_;
  Mutex mutex_;
  std::unique_ptr<Tpm2> tpm_ FP_GUARDED_BY(mutex_);
  std::unique_ptr<Pkcs11> tokens_ FP_GUARDED_BY(mutex_);
  std::vector<OpenKey> keys_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
