// A directory and what leads to it, durably.
#pragma once

#include <string>

#include "core/result.hpp"

namespace fleet_provision {

/// Makes `path` (0755, whatever the umask) and its parents where they are missing. On success each name on the way
/// that this run or one killed before it made is durable. A directory that exists keeps its mode.
[[nodiscard]] Result<void> make_path(const std::string& path);

}  // namespace fleet_provision
