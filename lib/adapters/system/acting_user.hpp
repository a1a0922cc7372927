// Root that works in another user's directory acts as that user there.
//
// Nothing that the user could not reach is reached through names of the user's choice, and what is written belongs to
// the user. Only the file system's identity of the calling thread changes: other threads, signals and the network stay
// with the process's own user.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

/// The user and group that this process runs as.
[[nodiscard]] Account own_account();
/// The owner of a directory with its primary group; the directory's group where the user is in no database.
[[nodiscard]] Account account_of(uid_t user, gid_t group_of_directory);

/// From `as` until it is destroyed the calling thread acts as another user. May be nested; the inner one ends first.
class ActingUser {
 public:
  /// Changes nothing.
  ActingUser() = default;
  /// Changes nothing in a process that is not root's or acts as `account` already. kStateNotPrivate, naming
  /// `directory`, where root lacks the right to act as somebody else.
  [[nodiscard]] static Result<ActingUser> as(const Account& account, const std::string& directory);

  ActingUser(ActingUser&& other) noexcept;
  ActingUser& operator=(ActingUser&& other) = delete;
  ActingUser(const ActingUser&) = delete;
  ActingUser& operator=(const ActingUser&) = delete;
  /// Leaves errno alone.
  ~ActingUser();

 private:
  struct Before {
    Account account;
    std::vector<gid_t> groups;
  };
  std::optional<Before> before_;
};

}  // namespace fleet_provision
