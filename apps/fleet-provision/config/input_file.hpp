// Files the caller named, read whole.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"

namespace fleet_provision {

/// The bytes of `path`; pipes and /proc are as good as files, within the limit of
/// adapters/system/reading_limit.hpp. kFileNotFound, kFileUnreadable, kUsage for an empty path;
/// `unusable` when there are more than `limit`.
[[nodiscard]] Result<std::string> read_input_file(const std::string& path, std::size_t limit, ErrorKind unusable);
/// The same of stdin.
[[nodiscard]] Result<std::string> read_standard_input(std::size_t limit, ErrorKind unusable);

}  // namespace fleet_provision
