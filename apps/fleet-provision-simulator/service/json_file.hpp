// JSON documents that the simulator's user gave: templates, policies.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// kConfiguration `PLACE: line N, column N: …` for what is not JSON, is nested more than 64 deep, or names something
/// twice.
[[nodiscard]] Result<nlohmann::json> parse_json(const std::string& place, std::string_view text);

}  // namespace fleet_provision::simulator
