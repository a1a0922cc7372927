// errno as an Error: one place for what the disk can say.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision {

/// What the system says of an errno value, in lower case.
[[nodiscard]] std::string words(int number);

/// The error of a call on the state directory, by the rules of ports/disk.hpp. `doing` and the whole `path` make the
/// message: "cannot create /var/lib/x/pending: permission denied".
[[nodiscard]] tl::unexpected<Error> disk_error(int number, std::string_view doing, std::string_view path);
/// The same for a path on which symbolic links are followed: ELOOP means there that they are too many.
[[nodiscard]] tl::unexpected<Error> path_error(int number, std::string_view doing, std::string_view path);

}  // namespace fleet_provision
