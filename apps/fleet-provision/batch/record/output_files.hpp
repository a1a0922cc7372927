// What all files of an output directory need: errors that name --output-dir, owners, names that are durable.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision::batch {

/// The mode of results and reports.
inline constexpr mode_t kPublicFile = 0644;

/// The error of errno for a call on a file of the output directory; kinds as in adapters/system/disk_error.hpp.
[[nodiscard]] tl::unexpected<Error> output_error(int number, std::string_view doing, std::string_view path);
/// `directory`, a slash and `name`.
[[nodiscard]] std::string path_below(const std::string& directory, std::string_view name);

/// kStateNotPrivate for a file of a user who is neither this one, nor root, nor the owner of the open directory: such a
/// user could change what a batch relies on.
[[nodiscard]] Result<void> require_own(int file, int directory, const std::string& path);
/// Makes the names in the open directory durable.
[[nodiscard]] Result<void> sync_names(int directory, const std::string& path);

}  // namespace fleet_provision::batch
