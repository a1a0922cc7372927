// The state directory of a run.
#pragma once

#include <optional>
#include <string>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"
#include "system/files.hpp"
#include "system/user.hpp"

namespace fleet_provision::simulator {

class StateDirectory {
 public:
  /// Creates the directory `path`, or a temporary one when it is empty, unless it exists. One that this call creates
  /// belongs to `user`. kStateNotWritable.
  [[nodiscard]] static Result<StateDirectory> open(const std::string& path, const std::optional<User>& user);

  /// Absolute, without symbolic links.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Excludes other simulators from the directory as long as the object lives. kLocked.
  [[nodiscard]] Result<void> lock();

 private:
  StateDirectory() = default;

  std::string path_;
  std::optional<TemporaryDirectory> temporary_;
  Descriptor lock_;
};

}  // namespace fleet_provision::simulator
