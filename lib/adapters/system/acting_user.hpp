// A process of root accesses another user's directory with the rights of that user.
//
// So a user cannot lead root to files that the user may not access, and the user owns the files that root writes. Only
// the file system user and group of the calling thread change (setfsuid, setfsgid); other threads, signals and the
// network keep the process's own user.
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
/// `user`, the owner of a directory, with the user's primary group; `group_of_directory` for a user without an entry in
/// the user database.
[[nodiscard]] Account account_of(uid_t user, gid_t group_of_directory);

/// The calling thread accesses files as another user from the call of `as` until the destructor runs. Objects may be
/// nested; the inner one ends first.
class ActingUser {
 public:
  /// Changes nothing.
  ActingUser() = default;
  /// `own` is the process's own account. Changes nothing in a process that is not root's, or if the thread acts as
  /// `account` already: as `own`, unless another object of this class lives in the thread. kStateNotPrivate, naming
  /// `directory`, if root lacks the capability to act as another user.
  [[nodiscard]] static Result<ActingUser> as(const Account& account, const Account& own, const std::string& directory);

  ActingUser(ActingUser&& other) noexcept;
  ActingUser& operator=(ActingUser&& other) = delete;
  ActingUser(const ActingUser&) = delete;
  ActingUser& operator=(const ActingUser&) = delete;
  /// Preserves errno.
  ~ActingUser();

 private:
  struct Before {
    Account account;
    std::vector<gid_t> groups;
  };
  std::optional<Before> before_;
};

}  // namespace fleet_provision
