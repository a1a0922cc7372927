// The configuration as a file: how the simulator's program hands it to the plugin in the broker.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "service/configuration.hpp"

namespace fleet_provision::simulator {

[[nodiscard]] std::string to_json(const Configuration& configuration);
/// Reads what to_json() wrote. kInternal or kConfiguration for anything else.
[[nodiscard]] Result<Configuration> configuration_from_json(std::string_view text);

}  // namespace fleet_provision::simulator
