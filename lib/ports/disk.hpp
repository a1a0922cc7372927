// The state directory, one verb for each system call whose order matters.
//
// Paths are relative to the state directory and have one or two components ("pending", "pending/journal"); no
// component is ever followed through a symbolic link, and every file is 0600 and every directory 0700 from its
// creation, whatever the umask. Nothing is durable until it was synced: a file by `sync_file`, a name (created, renamed
// or removed) by `sync_directory` of the directory that holds it; "" is the state directory itself. The crash tests run
// the real callers over a fake that forgets whatever was not.
//
// Errors: kStateNotWritable (EACCES, EPERM, EROFS, ENOTDIR, ELOOP), kStateCrossDevice (EXDEV), kDiskFull (ENOSPC,
// EDQUOT), kDiskError (EIO and the rest), each naming the full path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

enum class EntryType : unsigned char { kFile, kDirectory, kOther };

/// The entry at a path.
struct EntryFacts {
  EntryType type = EntryType::kOther;
  /// Permission bits.
  unsigned mode = 0;
  /// Owned by the effective user of this process.
  bool owned_by_us = false;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  /// Nothing when there is no such entry (or no state directory at all).
  [[nodiscard]] virtual Result<std::optional<EntryFacts>> inspect(const std::string& path) = 0;
  /// The whole file, at most `limit` bytes (more: kDiskError); nothing when there is none.
  [[nodiscard]] virtual Result<std::optional<Secret>> read(const std::string& path, std::size_t limit) = 0;
  /// Names in a directory, without "." and ".."; empty when there is none.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;

  /// Makes the state directory (0755) and its parents where missing; the names it made are durable when it returns.
  [[nodiscard]] virtual Result<void> make_root() = 0;
  /// Takes the lock for the life of this object, or fails with kLocked and the holder's process id. Taking it again
  /// does nothing.
  [[nodiscard]] virtual Result<void> lock() = 0;

  [[nodiscard]] virtual Result<void> make_directory(const std::string& path) = 0;
  /// A new file; one that exists is an error.
  [[nodiscard]] virtual Result<void> write_new(const std::string& path, std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> sync_file(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> set_mode(const std::string& path, unsigned mode) = 0;
  [[nodiscard]] virtual Result<void> set_owner(const std::string& path, const Owner& owner) = 0;
  /// Replaces a file of the target's name; fails on a directory that is not empty.
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Swaps two entries at once; false when the file system cannot.
  [[nodiscard]] virtual Result<bool> exchange(const std::string& a, const std::string& b) = 0;
  /// Removing an entry that does not exist succeeds.
  [[nodiscard]] virtual Result<void> remove_file(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> remove_directory(const std::string& path) = 0;

  /// The absolute or given path of the state directory, for people.
  [[nodiscard]] virtual std::string root() const = 0;
};

}  // namespace fleet_provision
