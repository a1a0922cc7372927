// The registry's records as files: certificates/ID.json and things/NAME.json below the state directory.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "service/registry.hpp"

namespace fleet_provision::simulator {

/// Makes the two directories. A record that cannot be written is told on stderr; the service goes on.
[[nodiscard]] Result<std::unique_ptr<Store>> open_state_store(const std::string& state_dir);

}  // namespace fleet_provision::simulator
