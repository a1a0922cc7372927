// Options of the key devices of a run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

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
  /// The paths of the PKCS#11 modules and PIN files that options name, those in the URIs of options included.
  std::vector<std::string> named_modules = {};
  std::vector<std::string> named_pin_files = {};
  /// The user who may have written the URIs of the state directory, if that is neither root nor the user of this
  /// process. A URI may then name only the files above: it must not make root load the library, or read the file, of
  /// another user's choice. Asked when a URI names another file; empty means that every URI is trusted.
  std::function<std::optional<std::uint32_t>()> foreign_owner = {};
  /// No call into a device is waited for after this.
  Instant deadline = Instant::max();
};

}  // namespace fleet_provision
