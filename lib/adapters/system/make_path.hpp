// Creates a directory and its parents durably.
#pragma once

#include <string>

#include "core/result.hpp"

namespace fleet_provision {

/// Creates `path` and its missing parents with mode 0755, whatever the umask. On success every directory of `path` that
/// this run, or an earlier run that was killed, has created is durable. An existing directory keeps its mode.
[[nodiscard]] Result<void> make_path(const std::string& path);

}  // namespace fleet_provision
