// Changes modes and owners below the state directory: by the descriptor through which PosixDisk wrote the file, if it
// did, and never of a file with a second name, which may be another user's file.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "adapters/system/open_flags.hpp"
#include "adapters/system/posix_disk.hpp"
#include "adapters/system/private_mode.hpp"
#include "core/text.hpp"

namespace fleet_provision {

Result<PosixDisk::Changed> PosixDisk::open_to_change(const Location& location, std::string_view doing,
                                                     const std::string& path) {
  Changed changed;
  if (const auto kept = written_.find(path); kept != written_.end()) {
    changed.descriptor = kept->second.get();
    changed.is_ours = true;
  } else {
    changed.owned = Descriptor(::openat(location.directory, location.name.c_str(), kReadFlags));
    if (!changed.owned) return failed(doing, path);
    changed.descriptor = changed.owned.get();
  }
  if (::fstat(changed.descriptor, &changed.facts) != 0) return failed(doing, path);
  if (!S_ISREG(changed.facts.st_mode) && !S_ISDIR(changed.facts.st_mode)) {
    return fail(ErrorKind::kStateNotPrivate, printable(full_path(path)) + " is neither a file nor a directory",
                "find out who made it, and move it away");
  }
  FP_TRY(require_one_name(changed.facts, full_path(path)));
  return changed;
}

Result<void> PosixDisk::set_mode(const std::string& path, unsigned mode) {
  constexpr const char* kDoing = "set the mode of";
  FP_TRY_ASSIGN(const Location location, locate(kDoing, path));
  FP_TRY_ASSIGN(Changed entry, open_to_change(location, kDoing, path));
  subdirectories_.erase(path);
  if (::fchmod(entry.descriptor, static_cast<mode_t>(mode)) != 0) return failed(kDoing, path);
  if (::fstat(entry.descriptor, &entry.facts) != 0) return failed(kDoing, path);
  if ((permissions(entry.facts) & ~mode) != 0) return not_private(full_path(path));
  return {};
}

Result<void> PosixDisk::set_owner(const std::string& path, const Owner& owner) {
  constexpr const char* kDoing = "set the owner of";
  FP_TRY_ASSIGN(const Location location, locate(kDoing, path));
  FP_TRY_ASSIGN(const Changed entry, open_to_change(location, kDoing, path));
  const uid_t present = entry.facts.st_uid;
  if (!entry.is_ours && present != owner_.user && present != owner.user) {
    return fail(ErrorKind::kStateNotPrivate, printable(full_path(path)) + " belongs to another user",
                "find out who made it, and move it away");
  }
  constexpr auto kUnchanged = static_cast<gid_t>(-1);
  // Only root may change the owner of a file, so the thread acts as root again for this call.
  FP_TRY_ASSIGN(const ActingUser giving, ActingUser::as(own_, own_, state_dir_));
  subdirectories_.erase(path);
  if (::fchown(entry.descriptor, owner.user, owner.group.value_or(kUnchanged)) == 0) return {};
  if (errno != EPERM) return failed(kDoing, path);
  Error error = failed(kDoing, path).value();
  error.hint = "run as root, which alone may give files away, or leave --owner out";
  return fail(std::move(error));
}

}  // namespace fleet_provision
