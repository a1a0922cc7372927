// --user: a simulator that root starts runs as another user.
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

/// A user of this machine, by name or number. kUsage when there is none, or when this process does not run as root.
[[nodiscard]] Result<User> find_user(const std::string& text);
/// Makes the user the owner of a directory that this run has created. kStateNotWritable.
[[nodiscard]] Result<void> give_directory(const std::string& path, const User& user);
/// Changes this process, and thereby the broker, the hook and COMMAND, irrevocably to the user. kInternal.
[[nodiscard]] Result<void> become(const User& user);

}  // namespace fleet_provision::simulator
