#include "adapters/system/private_mode.hpp"

#include "core/text.hpp"

namespace fleet_provision {

mode_t permissions(const struct stat& facts) {
  return facts.st_mode & 07777U;
}

bool make_private(int descriptor, mode_t mode) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return false;
  if (permissions(facts) == mode) return true;
  return ::fchmod(descriptor, mode) == 0 && ::fstat(descriptor, &facts) == 0 && permissions(facts) == mode;
}

tl::unexpected<Error> not_private(const std::string& path, const DirectoryRole& role) {
  return fail(ErrorKind::kStateNotPrivate, "the file system cannot keep " + printable(path) + " private",
              "choose a " + std::string(role.option) + " on a file system with owners and modes (not FAT)");
}

Result<void> require_one_name(const struct stat& facts, const std::string& path) {
  if (!S_ISREG(facts.st_mode) || facts.st_nlink <= 1) return {};
  return fail(ErrorKind::kStateNotPrivate,
              printable(path) + " has " + std::to_string(facts.st_nlink) + " names (hard links)",
              "remove it, and find out who made the other name: find / -xdev -inum " + std::to_string(facts.st_ino));
}

}  // namespace fleet_provision
