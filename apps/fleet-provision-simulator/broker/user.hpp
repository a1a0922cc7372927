// --user: root's simulator gives its rights up.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/result.hpp"

namespace fleet_provision::simulator {

struct User {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
};

/// A user of this machine, by name or number. kUsage when there is none, or when this process is not root's.
[[nodiscard]] Result<User> find_user(const std::string& text);
/// Gives a directory that this run has made to the user. kStateNotWritable.
[[nodiscard]] Result<void> give_directory(const std::string& path, const User& user);
/// This process, and with it the broker, a hook and COMMAND, has the user's rights from now on, for good. kInternal.
[[nodiscard]] Result<void> become(const User& user);

}  // namespace fleet_provision::simulator
