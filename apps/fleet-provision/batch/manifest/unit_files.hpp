// The files that a unit's options name: whether they are there, and which of two names are one file.
#pragma once

#include <string>

#include "cli/option_table.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Whether the run of a unit reads the file of this option.
[[nodiscard]] bool is_unit_file(OptionId id);

/// Whether `file`, the value of a file option other than --state-dir, exists and may be read, or run for --on-success.
/// The file is not opened. Passes for the URI of a key, and for options that name no file. Fails with kFileNotFound,
/// kFileUnreadable or kOnSuccessFailed.
[[nodiscard]] Result<void> check_unit_file(OptionId id, const std::string& file);

/// Fails with kUsage if `file` is a pipe: it can be read once, and an option of the batch is read by each unit.
[[nodiscard]] Result<void> check_readable_twice(const std::string& file);

/// The same text for two names of one file: by device and inode where it exists, else by its absolute path.
[[nodiscard]] std::string same_file_text(const std::string& file);

/// `path` from the working directory, without slashes at the end.
[[nodiscard]] std::string absolute_path_of(const std::string& path);
/// The same without `.` and `..`, and with the symbolic links in its existing part resolved.
[[nodiscard]] std::string resolved_path_of(const std::string& path);

}  // namespace fleet_provision::batch
