// A directory of small files, each replaced whole, as fast as the file system can.
//
// What shapes it, measured on ext4: making a file looks past every inode of its group that was deleted in the last
// minute, and a rename over a file sends its bytes to the disk at once. With a few hundred records replaced each second
// that was half of the broker's time. So nothing is deleted: a new text is written into a spare file, which is
// exchanged with the record and is a spare then, to be used again when nobody can still be reading the old text from
// it.
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

  /// `path` is there already and belongs to this object alone. Spare files of an earlier run are removed.
  explicit RecordDirectory(std::string path);
  RecordDirectory(const RecordDirectory&) = delete;
  RecordDirectory& operator=(const RecordDirectory&) = delete;
  ~RecordDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// A reader sees the old text or the new one, never a part. Mode 0644 less the umask. kStateNotWritable.
  [[nodiscard]] Result<void> save(const std::string& name, std::string_view text, Instant now);
  void remove(const std::string& name) const;

 private:
  struct Spare {
    std::string file;
    Instant since;
  };
  /// A file that holds `text` alone; empty and errno when there is none.
  [[nodiscard]] std::string written(std::string_view text, Instant now);
  /// The descriptor of a spare that may be used again; -1 when there is none.
  [[nodiscard]] int reopen(const std::string& file, off_t size_max) const;
  void remove_spares() const;

  std::string path_;
  std::deque<Spare> spares_;
  std::uint64_t made_ = 0;
  mode_t made_mode_ = 0;
};

}  // namespace fleet_provision::simulator
