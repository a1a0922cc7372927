// results.jsonl with one operation for each system call whose order matters; tests lose power between any two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision::batch {

/// Errors: kDiskFull (ENOSPC, EDQUOT, EFBIG), kDiskError (EIO and the rest), kStateNotWritable.
class AppendFile {
 public:
  AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  virtual ~AppendFile() = default;

  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  /// At most `limit` bytes from `offset`; fewer at the end of the file.
  [[nodiscard]] virtual Result<std::string> read(std::uint64_t offset, std::size_t limit) = 0;
  /// Writes at the end. After a failure any number of the bytes may be there.
  [[nodiscard]] virtual Result<void> append(std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;

  /// The path as given, for messages.
  [[nodiscard]] virtual std::string path() const { return "results.jsonl"; }
  /// Whether the file was opened for reading alone: it is then not repaired.
  [[nodiscard]] virtual bool is_read_only() const { return false; }
};

/// DIR/results.jsonl in the open directory `directory`, created (0644) if needed; its name is durable. Refuses what is
/// not a regular file with one name that this user, root or the owner of the directory owns (kStateNotPrivate), and a
/// symbolic link (kStateNotWritable). `path` is DIR.
[[nodiscard]] Result<std::unique_ptr<AppendFile>> open_results_in(int directory, const std::string& path);

/// DIR/results.jsonl for reading alone, without the lock and without a repair: for --report. kFileNotFound without one.
[[nodiscard]] Result<std::unique_ptr<AppendFile>> open_results_of(const std::string& directory);

}  // namespace fleet_provision::batch
