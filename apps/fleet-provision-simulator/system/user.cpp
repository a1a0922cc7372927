#include "system/user.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "adapters/system/descriptor.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision::simulator {

Result<User> find_user(const std::string& text) {
  if (::geteuid() != 0) {
    return fail(ErrorKind::kUsage, "--user: only root can run as another user", "leave out --user, or run as root");
  }
  const auto given = parse_number<uid_t>(text);
  const passwd* entry = given ? ::getpwuid(*given) : ::getpwnam(text.c_str());
  if (entry == nullptr) {
    return fail(ErrorKind::kUsage, "--user: there is no user " + printable(text) + " on this machine",
                "use the name of an existing user, e.g. nobody");
  }
  if (entry->pw_uid == 0) return fail(ErrorKind::kUsage, "--user: " + printable(text) + " is root", "leave out --user");
  return User{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

Result<void> give_directory(const std::string& path, const User& user) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory && ::fchown(directory.get(), user.user, user.group) == 0) return {};
  return fail(ErrorKind::kStateNotWritable,
              "cannot give " + printable(path) + " to " + user.name + ": " + std::strerror(errno));
}

Result<void> become(const User& user) {
  const bool done = ::initgroups(user.name.c_str(), user.group) == 0 &&
                    ::setresgid(user.group, user.group, user.group) == 0 &&
                    ::setresuid(user.user, user.user, user.user) == 0;
  if (done) return {};
  return fail(ErrorKind::kInternal, "cannot run as " + user.name + ": " + std::strerror(errno));
}

}  // namespace fleet_provision::simulator
