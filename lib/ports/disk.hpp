// The state directory, with one operation for each system call whose order matters.
//
// Paths are relative to the state directory and have one or two components ("pending", "pending/journal"); no component
// may be a symbolic link, and every file has mode 0600 and every directory 0700 from its creation, whatever the umask.
// A change is durable only once it was synced: a file by `sync_file`, a name (created, renamed or removed) by
// `sync_directory` of the directory that holds it; "" is the state directory itself. The crash tests run the real
// callers over a fake disk that loses every change that was not synced.
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
  /// Whether the effective user of this process owns the entry.
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

  /// Nothing if the entry or the state directory does not exist.
  [[nodiscard]] virtual Result<std::optional<EntryFacts>> inspect(const std::string& path) = 0;
  /// The whole file, at most `limit` bytes (kDiskError for a larger file); nothing if it does not exist.
  [[nodiscard]] virtual Result<std::optional<Secret>> read(const std::string& path, std::size_t limit) = 0;
  /// Names in a directory, without "." and ".."; empty if the directory does not exist.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;

  /// Creates the state directory (0755) and its missing parents; the new directories are durable when it returns.
  [[nodiscard]] virtual Result<void> make_root() = 0;
  /// Takes the lock for the life of this object, or fails with kLocked and the holder's process id. Taking it again
  /// does nothing.
  [[nodiscard]] virtual Result<void> lock() = 0;

  [[nodiscard]] virtual Result<void> make_directory(const std::string& path) = 0;
  /// Creates a file; fails if it exists.
  [[nodiscard]] virtual Result<void> write_new(const std::string& path, std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> sync_file(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> set_mode(const std::string& path, unsigned mode) = 0;
  [[nodiscard]] virtual Result<void> set_owner(const std::string& path, const Owner& owner) = 0;
  /// Replaces an existing file `to`; fails if `to` is a directory that is not empty.
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// Exchanges two entries atomically; false if the file system does not support that.
  [[nodiscard]] virtual Result<bool> exchange(const std::string& a, const std::string& b) = 0;
  /// Removing an entry that does not exist succeeds.
  [[nodiscard]] virtual Result<void> remove_file(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> remove_directory(const std::string& path) = 0;

  /// The path of the state directory as given, for messages.
  [[nodiscard]] virtual std::string root() const = 0;
};

}  // namespace fleet_provision
