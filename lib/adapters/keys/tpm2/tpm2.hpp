// Keys in a TPM 2.0, through ESYS of tpm2-tss, which is loaded only when a TPM is used.
//
// Wrapped keys have the file format of tpm2-openssl and tpm2-tools (`TSS2 PRIVATE KEY`): the TPM's storage key, derived
// from the owner hierarchy's seed with the standard ECC template, is their parent. One ESYS context per process is used
// at a time, because a TPM without a resource manager takes only one connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/device/external_key.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// May be used from several threads. Every function may fail with kTpmNotFound, kTpmBusy, kTpmLockout,
/// kKeyDeviceFailed; the messages have the TPM's own code.
class Tpm2 {
 public:
  explicit Tpm2(KeyDeviceSettings settings);
  Tpm2(const Tpm2&) = delete;
  Tpm2& operator=(const Tpm2&) = delete;
  ~Tpm2();

  /// Connects to the TPM. Returns its description: manufacturer and firmware version.
  [[nodiscard]] Result<std::string> connect();
  /// kKeyTypeUnsupported, naming the types that the TPM has.
  [[nodiscard]] Result<void> require_type(KeyType type);
  /// The PEM of a new key. It has the authorization value of the PIN file, if one is given, and else none and no
  /// dictionary attack protection. kKeyTypeUnsupported, kPinWrong (owner hierarchy), kPinRequired.
  [[nodiscard]] Result<Secret> make_key(KeyType type);
  /// `name` begins the messages: "the device key /etc/key.pem". kTpmKeyForeign, kPinWrong, kPinRequired,
  /// kKeyUnsuitable.
  [[nodiscard]] Result<DeviceSigner> open_wrapped(std::string_view pem, const std::string& name);
  /// kTpmHandleEmpty, kPinWrong, kPinRequired, kKeyUnsuitable.
  [[nodiscard]] Result<DeviceSigner> open_handle(std::uint32_t handle, const std::string& name);
  /// kTpmHandleOccupied.
  [[nodiscard]] Result<void> require_free(std::uint32_t handle);
  /// Makes a wrapped key persistent (TPM2_EvictControl); does nothing if the handle holds this very key.
  /// kTpmHandleOccupied, kKeyStoreFull, kPinWrong (owner hierarchy).
  [[nodiscard]] Result<void> persist(std::string_view pem, std::uint32_t handle);
  /// Removes a persistent key whose public key has the digest; any other key, and an empty handle, is left alone.
  [[nodiscard]] Result<void> evict(std::uint32_t handle, const std::string& public_key_sha256);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fleet_provision
