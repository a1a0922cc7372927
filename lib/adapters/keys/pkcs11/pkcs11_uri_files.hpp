// Which module and which PIN file a key URI may name.
//
// A URI of an option names what the caller wants. One that identity.json or the journal holds may have been written by
// another user, for example by the one of --owner, and this process may be root's: there a module is code that would
// run as root, and a pin-source is a file that root would read and send to a module.
#pragma once

#include "adapters/keys/device/device_settings.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// kKeyUri for a module-path or pin-source that no option names, if `settings.foreign_owner` tells of another user. The
/// name of a registered module is always accepted, because only root registers modules.
[[nodiscard]] Result<void> require_trusted_files(const Pkcs11Attributes& uri, const KeyDeviceSettings& settings);

}  // namespace fleet_provision
