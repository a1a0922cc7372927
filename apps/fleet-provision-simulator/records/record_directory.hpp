// A directory of small files, each replaced whole, as fast as the file system can.
//
// On ext4 the plain way, a new file renamed over the old one, is slow: creating a file skips every inode of its group
// that was deleted in the last minute, and a rename over a file flushes its data at once. With a few hundred records a
// second that was half of the broker's time. So no file is deleted: the new text is written to a spare file, which is
// then exchanged with the record (renameat2). The old file becomes a spare, and is used again once no reader can still
// have it open.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision::simulator {

class RecordDirectory {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// `path` exists, and no other process writes to it. Spare files of an earlier run are removed.
  explicit RecordDirectory(std::string path);
  RecordDirectory(const RecordDirectory&) = delete;
  RecordDirectory& operator=(const RecordDirectory&) = delete;
  ~RecordDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Replaces the record; a reader sees the old text or the new one, never a part. A new file has mode 0644 less the
  /// umask. kStateNotWritable.
  [[nodiscard]] Result<void> save(const std::string& name, std::string_view text, Instant now);
  void remove(const std::string& name) const;

 private:
  struct Spare {
    std::string file;
    Instant since;
  };
  /// The path of a file that contains `text`; empty, with errno set, when it cannot be written.
  [[nodiscard]] std::string written(std::string_view text, Instant now);
  /// Opens a spare to write it again; -1 when it is no longer as this object left it.
  [[nodiscard]] int reopen(const std::string& file, off_t size_max) const;
  void remove_spares() const;

  std::string path_;
  std::deque<Spare> spares_;
  std::uint64_t made_ = 0;
  mode_t made_mode_ = 0;
};

}  // namespace fleet_provision::simulator
