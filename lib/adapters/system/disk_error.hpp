// Converts errno of a call on the disk to an Error.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/directory_role.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The system's text for an errno value, in lower case.
[[nodiscard]] std::string words(int number);

/// The error of a call on the state directory, or on the directory that `role` names, by the rules of ports/disk.hpp.
/// The message consists of `doing` and the whole `path`: "cannot create /var/lib/x/pending: permission denied".
[[nodiscard]] tl::unexpected<Error> disk_error(int number, std::string_view doing, std::string_view path,
                                               const DirectoryRole& role = kStateDirectoryRole);
/// The same for a path on which symbolic links are followed: ELOOP then means too many symbolic links.
[[nodiscard]] tl::unexpected<Error> path_error(int number, std::string_view doing, std::string_view path,
                                               const DirectoryRole& role = kStateDirectoryRole);

}  // namespace fleet_provision
