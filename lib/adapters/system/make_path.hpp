// Creates a directory and its parents durably.
#pragma once

#include <string>

#include "adapters/system/directory_role.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Creates `path` and its missing parents with mode 0755, whatever the umask. On success every directory of `path` that
/// this run, or an earlier run that was killed, has created is durable. An existing directory keeps its mode.
/// Errors name the directory as `role` does.
[[nodiscard]] Result<void> make_path(const std::string& path, const DirectoryRole& role = kStateDirectoryRole);

}  // namespace fleet_provision
