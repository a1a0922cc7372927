// Files and directories of the simulator's state, whole at a time.
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
/// False and errno when it cannot.
[[nodiscard]] bool write_all(int descriptor, std::string_view bytes);
/// Replaces the file by a rename; `mode` from its creation. kStateNotWritable.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode);
/// Opens a file that this program writes in a state directory of whomever: a symbolic link is not followed, and a file
/// with a second name is refused before a byte of it changes. `flags` as open(2), without O_TRUNC. kStateNotWritable.
[[nodiscard]] Result<Descriptor> open_own_file(const std::string& path, int flags, mode_t mode);
/// The event log, for appending. The one in the state directory is opened as such a file; any other is the caller's to
/// choose, and may be a pipe or a device. kStateNotWritable.
[[nodiscard]] Result<Descriptor> open_event_log(const std::string& path, const std::string& state_dir);
/// A directory of our own in an existing one: a symbolic link is refused.
[[nodiscard]] Result<void> make_own_directory(const std::string& path, mode_t mode);
/// With its parents, where missing.
[[nodiscard]] Result<void> make_directory(const std::string& path, mode_t mode);

/// A directory of its own below TMPDIR (or /tmp), removed with all that is in it when the object ends.
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
