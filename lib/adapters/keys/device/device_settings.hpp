// Options of the key devices of a run.
#pragma once

#include <optional>
#include <string>

#include "core/deadline.hpp"

namespace fleet_provision {

struct KeyDeviceSettings {
  /// The file of the token's user PIN, or of the authorization value of a TPM key; read when a device asks for it.
  std::optional<std::string> pin_file;
  /// The path of the PKCS#11 module; absent means the registered modules. A `module-path` in a URI comes first.
  std::optional<std::string> pkcs11_module;
  /// The file of the password of the TPM's owner hierarchy; absent means that it has none.
  std::optional<std::string> tpm_owner_password_file;
  /// The TCTI of the TPM, `NAME:CONFIGURATION`; empty means `device:/dev/tpmrm0`.
  std::string tcti;
  /// No call into a device is waited for after this.
  Instant deadline = Instant::max();
};

}  // namespace fleet_provision
