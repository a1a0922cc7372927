#include "adapters/system/acting_user.hpp"

#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

// No user has this identifier: setfsuid and setfsgid then change nothing and only return the current one.
constexpr auto kNoId = static_cast<uid_t>(-1);

/// As whom ActingUser made this thread act; nothing while it acts as the process itself. Most calls of ActingUser::as
/// change nothing, and asking the kernel each time would be a third of the system calls of a run.
thread_local std::optional<uid_t> acted_user;

Account present() {
  return {static_cast<uid_t>(::setfsuid(kNoId)), static_cast<gid_t>(::setfsgid(kNoId))};
}

/// Sets the groups of the calling thread alone; the C library's setgroups changes those of every thread.
bool set_groups(const std::vector<gid_t>& groups) {
#ifdef SYS_setgroups32
  constexpr long kCall = SYS_setgroups32;
#else
  constexpr long kCall = SYS_setgroups;
#endif
  return ::syscall(kCall, groups.size(), groups.data()) == 0;
}

std::vector<gid_t> present_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = groups.empty() ? 0 : ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  return groups;
}

/// Neither call reports a failure, so this function reads both identifiers back.
bool become(const Account& account) {
  // The kernel forgets the signal that a child of a batch gets at the end of its parent.
  int signal_at_end = 0;
  ::prctl(PR_GET_PDEATHSIG, &signal_at_end);
  ::setfsgid(account.group);
  ::setfsuid(account.user);
  if (signal_at_end != 0) ::prctl(PR_SET_PDEATHSIG, signal_at_end);
  const Account now = present();
  acted_user = now.user;
  return now.user == account.user && now.group == account.group;
}

}  // namespace

Account own_account() {
  return {::geteuid(), ::getegid()};
}

Account account_of(uid_t user, gid_t group_of_directory) {
  if (user == ::geteuid()) return own_account();
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  const bool known = ::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
  return {user, known ? entry.pw_gid : group_of_directory};
}

Result<ActingUser> ActingUser::as(const Account& account, const Account& own, const std::string& directory) {
  ActingUser acting;
  if (own.user != 0 || acted_user.value_or(own.user) == account.user) return acting;
  acting.before_ = Before{present(), present_groups()};
  // The supplementary groups of root would give access that the user does not have.
  if (set_groups({}) && become(account)) return acting;
  return fail(ErrorKind::kStateNotPrivate,
              printable(directory) + " belongs to user " + std::to_string(account.user) +
                  ", and this process may not act as that user",
              "run as that user, or as root with the capabilities CAP_SETUID and CAP_SETGID");
}

ActingUser::ActingUser(ActingUser&& other) noexcept : before_(std::exchange(other.before_, std::nullopt)) {}

ActingUser::~ActingUser() {
  if (!before_) return;
  const int saved_errno = errno;
  // If a call fails here, the thread keeps fewer rights than it had before.
  static_cast<void>(become(before_->account));
  static_cast<void>(set_groups(before_->groups));
  errno = saved_errno;
}

}  // namespace fleet_provision
