// Keys in PKCS#11 tokens (PKCS #11 v2.40), through p11-kit, which is loaded only when a token is used.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/device/external_key.hpp"
#include "core/key_location.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// May be used from several threads. A PIN that the token rejected is never sent again, and none is sent when the token
/// says that one try is left. Every function may fail with kPkcs11ModuleMissing, kPkcs11ModuleInvalid, kTokenNotFound,
/// kTokenAmbiguous, kPinRequired, kPinWrong, kPinLocked, kTokenRemoved, kTokenHangs, kKeyDeviceFailed; the messages
/// have the module's own code.
class Pkcs11 {
 public:
  explicit Pkcs11(KeyDeviceSettings settings);
  Pkcs11(const Pkcs11&) = delete;
  Pkcs11& operator=(const Pkcs11&) = delete;
  ~Pkcs11();

  /// Finds the one token of the URI. Returns its description: label, model, serial number.
  [[nodiscard]] Result<std::string> find_token(const std::string& uri);
  /// Logs in, if the token wants it. Returns what `check` says: "accepted", "not needed".
  [[nodiscard]] Result<std::string> log_in(const std::string& uri);
  /// kKeyTypeUnsupported, naming the types that the token makes.
  [[nodiscard]] Result<void> require_type(const std::string& uri, KeyType type);
  /// The one private key of the URI. `name` begins the messages. kKeyNotFound, kKeyAmbiguous, kKeyUnsuitable.
  [[nodiscard]] Result<DeviceSigner> open(const std::string& uri, const std::string& name);
  /// The URI of a key to be made with the token and label of `store`: with a free label and the CKA_ID `id`, and with
  /// everything that names the token again (token, serial, module). See Keysmith::plan_key. kKeyExists.
  [[nodiscard]] Result<std::string> plan(const std::string& store, const std::string& id,
                                         const std::vector<KeyLocation>& own);
  /// The key pair with the CKA_ID of `uri`, made now unless it is there whole: sensitive, not extractable.
  /// kKeyTypeUnsupported, kKeyStoreFull.
  [[nodiscard]] Result<DeviceSigner> find_or_make(const std::string& uri, KeyType type);
  /// Whether another key fits, as far as the token tells; kKeyStoreFull.
  [[nodiscard]] Result<void> require_room(const std::string& uri);
  /// Destroys all objects with the CKA_ID of `uri`; nothing if there is none. Fails for a URI without `id`.
  [[nodiscard]] Result<void> destroy(const std::string& uri);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fleet_provision
