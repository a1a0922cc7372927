// identity.json and device-configuration.json as text.
#pragma once

#include <string>
#include <string_view>

#include "core/identity.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// JSON with an indentation of two spaces and a final line end, for people and scripts.
[[nodiscard]] std::string encode_identity(const Identity& identity);
/// The inverse; kIdentityDamaged says which key is missing or of another type. Unknown keys are ignored.
[[nodiscard]] Result<Identity> decode_identity(std::string_view text);

/// A JSON object of strings.
[[nodiscard]] std::string encode_device_configuration(const DeviceConfiguration& configuration);

}  // namespace fleet_provision
