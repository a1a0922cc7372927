// Reads whole input files.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"

namespace fleet_provision {

/// The bytes of `path`, which may be a pipe or in /proc, within the time limit of adapters/system/reading_limit.hpp.
/// Fails with kFileNotFound, kFileUnreadable, kUsage for an empty path, or `unusable` for more than `limit` bytes.
[[nodiscard]] Result<std::string> read_input_file(const std::string& path, std::size_t limit, ErrorKind unusable);
/// The bytes of stdin, likewise.
[[nodiscard]] Result<std::string> read_standard_input(std::size_t limit, ErrorKind unusable);

}  // namespace fleet_provision
