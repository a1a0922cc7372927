// Files and directories: the simulator's state and the files that its options name.
#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::simulator {

[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] bool is_executable(const std::string& path);
[[nodiscard]] std::string absolute(const std::string& path);
/// kFileNotFound or kFileUnreadable.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
/// Opens a file to read. kFileNotFound or kFileUnreadable; a directory fails when it is read.
[[nodiscard]] Result<Descriptor> open_to_read(const std::string& path);
/// Retries after EINTR. false, with errno set, when not all bytes could be written.
[[nodiscard]] bool write_all(int descriptor, std::string_view bytes);
/// Replaces the file by a rename. The new file has `mode` from its creation. kStateNotWritable.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode);
/// Opens a file to write in the state directory, to which other users may have access: a symbolic link or a file with
/// another hard link is an error, and nothing is changed before that is known. `flags` as for open(2), without O_TRUNC.
/// kStateNotWritable.
[[nodiscard]] Result<Descriptor> open_own_file(const std::string& path, int flags, mode_t mode);
/// Opens the event log for appending: in the state directory with open_own_file's rules; elsewhere it may be a link, a
/// pipe or a device. kStateNotWritable.
[[nodiscard]] Result<Descriptor> open_event_log(const std::string& path, const std::string& state_dir);
/// Creates a directory in an existing one, unless it exists. A symbolic link is an error. kStateNotWritable.
[[nodiscard]] Result<void> make_own_directory(const std::string& path, mode_t mode);
/// Creates a directory and its missing parents, unless it exists. kStateNotWritable.
[[nodiscard]] Result<void> make_directory(const std::string& path, mode_t mode);

/// A new directory in TMPDIR (or /tmp), removed with its content when the object is destroyed.
class TemporaryDirectory {
 public:
  [[nodiscard]] static Result<TemporaryDirectory> make();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace fleet_provision::simulator
