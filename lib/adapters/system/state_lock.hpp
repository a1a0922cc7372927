// The lock of a state directory: one run at a time, by the kernel's word and not by what stands in a file.
//
// Two locks are held. That of the directory itself keeps a second run out even when somebody has removed the file
// `lock`; a network file system may have none for directories, and then the file alone counts. The file tells whose run
// it is, for people.
#pragma once

#include <string>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct StateLock {
  Descriptor directory;
  Descriptor file;
};

/// Locks the open directory `root`; `path` is the lock file's for messages. Held while the result lives. kLocked with
/// the holder's process id, kStateNotPrivate when `lock` is no file or has a second name.
[[nodiscard]] Result<StateLock> lock_state(int root, const std::string& path);

}  // namespace fleet_provision
