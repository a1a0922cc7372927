// Modes that keep others out, on file systems that may not keep modes at all.
#pragma once

#include <sys/stat.h>

#include <string>

#include "core/result.hpp"

namespace fleet_provision {

inline constexpr mode_t kPrivateFile = 0600;
inline constexpr mode_t kPrivateDirectory = 0700;

/// Permission bits.
[[nodiscard]] mode_t permissions(const struct stat& facts);
/// Gives `descriptor` exactly `mode`; whether the file system kept it.
[[nodiscard]] bool make_private(int descriptor, mode_t mode);
/// The error of a file system that did not.
[[nodiscard]] tl::unexpected<Error> not_private(const std::string& path);
/// kStateNotPrivate for a file with a second name: what is done to the one would be done to the other.
[[nodiscard]] Result<void> require_one_name(const struct stat& facts, const std::string& path);

}  // namespace fleet_provision
