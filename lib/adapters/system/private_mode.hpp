// Modes that deny other users access, on file systems that may not support modes.
#pragma once

#include <sys/stat.h>

#include <string>

#include "adapters/system/directory_role.hpp"
#include "core/result.hpp"

namespace fleet_provision {

inline constexpr mode_t kPrivateFile = 0600;
inline constexpr mode_t kPrivateDirectory = 0700;
inline constexpr mode_t kOthersMayWrite = 022;

/// Permission bits.
[[nodiscard]] mode_t permissions(const struct stat& facts);
/// Sets exactly `mode` on `descriptor`; returns whether the file system kept it.
[[nodiscard]] bool make_private(int descriptor, mode_t mode);
/// The error for a file system that did not keep the mode.
[[nodiscard]] tl::unexpected<Error> not_private(const std::string& path,
                                                const DirectoryRole& role = kStateDirectoryRole);
/// kStateNotPrivate for a file with a second name (hard link), since a change would also affect the file of that name.
[[nodiscard]] Result<void> require_one_name(const struct stat& facts, const std::string& path);

}  // namespace fleet_provision
