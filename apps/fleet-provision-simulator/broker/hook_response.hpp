// What the output of a hook program means (AWS IoT developer guide, "Pre-provisioning hooks").
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "service/hook.hpp"

namespace fleet_provision::simulator {

/// What the program's output means. `allowed` is false and `reason` is set for all that does not allow. The reason may
/// quote what else the program printed, up to the first of the event's `parameters`, whose values are not logged.
[[nodiscard]] HookResponse parse_hook_response(std::uint64_t question, const std::string& output,
                                               const std::map<std::string, std::string>& parameters);

}  // namespace fleet_provision::simulator
