// The lock of a state directory: one run at a time. The lock is held in the kernel (flock), not by the content of a
// file.
//
// A run holds two locks. The lock of the directory keeps a second run out even if a user has removed the file `lock`; a
// network file system may not support locks of directories, and then the lock of the file counts alone. The file holds
// the process id of the run, for people.
#pragma once

#include <string>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/directory_role.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct StateLock {
  Descriptor directory;
  Descriptor file;
};

/// Locks the open directory `root`; `path` is the lock file's for messages, which name the directory as `role` does.
/// The lock is held while the result lives. kLocked with the holder's process id; kStateNotPrivate if `lock` is not a
/// regular file or has a second name.
[[nodiscard]] Result<StateLock> lock_state(int root, const std::string& path,
                                           const DirectoryRole& role = kStateDirectoryRole);

}  // namespace fleet_provision
