// Files the caller named, read whole.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"

namespace fleet_provision {

/// The bytes of `path`, at most `limit`; pipes and /proc are as good as files. kFileNotFound, kFileUnreadable.
[[nodiscard]] Result<std::string> read_input_file(const std::string& path, std::size_t limit);
/// The same of stdin.
[[nodiscard]] Result<std::string> read_standard_input(std::size_t limit);

}  // namespace fleet_provision
