// Writes to files.
#pragma once

#include <string_view>

namespace fleet_provision {

/// Writes all bytes to a file that does not block; errno of the failure, or 0.
[[nodiscard]] int write_whole(int file, std::string_view bytes);

}  // namespace fleet_provision
