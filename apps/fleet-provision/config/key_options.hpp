// The options of keys: where the device key comes from, which key is the claim's, and how key devices are opened.
#pragma once

#include <optional>
#include <string>

#include "adapters/keys/device/device_settings.hpp"
#include "config/options.hpp"
#include "core/identity.hpp"
#include "core/key_location.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The path or URI of --key or --claim-key, nullopt if it was not given. kUsage if it is empty, kKeyUri for a bad URI.
[[nodiscard]] Result<std::optional<std::string>> key_reference(const Options& options, OptionId id);

/// The device key by --csr, --key, --key-type and --key-store. kUsage, kKeyUri.
[[nodiscard]] Result<KeySource> key_source_from_options(const Options& options);

/// The same for `rotate`: without --csr, --key and --key-store a new key is made in the kind of store of the identity's
/// key, for a key in a token in the same token. kUsage if a store cannot be derived, as for a TPM handle, which the
/// current key occupies.
[[nodiscard]] Result<KeySource> rotation_key_source(const Options& options, const Identity& identity);

/// The store of the key that replaces `current`; nullopt if its location names no store for another key. `made_here`:
/// this program chose the label of a key in a token, so a number at its end is not the user's.
[[nodiscard]] std::optional<KeyStore> store_beside(const KeyLocation& current, bool made_here);

/// The options of the key devices; the deadline and the owner of the state are not set. A relative --pkcs11-module
/// becomes absolute, because p11-kit searches for it in a directory of its own. The TCTI is that of TPM2OPENSSL_TCTI,
/// else of TCTI, as in tpm2-openssl.
[[nodiscard]] Result<KeyDeviceSettings> device_settings_from(const Options& options, const Environment& environment);

}  // namespace fleet_provision
