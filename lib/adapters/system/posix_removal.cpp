// Deletes a claim's file relative to a descriptor of its directory, which is then synced: a rename meanwhile cannot
// redirect the deletion to another directory. A symbolic link is not deleted, because its target would stay; the target
// is not deleted either, because the user did not name it.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/named_file.hpp"
#include "adapters/system/open_flags.hpp"
#include "adapters/system/posix_host_system.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The reason why a file must not or cannot be deleted.
struct Obstacle {
  std::string why;
  std::string hint;
};

/// A file and a descriptor of its directory.
struct Found {
  Descriptor directory;
  std::string name;
  struct stat facts {};
};

bool same_inode(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool same_file(const struct stat& facts, const std::string& path) {
  struct stat other {};
  return ::stat(path.c_str(), &other) == 0 && same_inode(facts, other);
}

/// Whether `directory` is `above` or below it; compares inodes, so the names do not matter.
bool is_below(const Descriptor& directory, const std::string& above) {
  struct stat limit {};
  if (::stat(above.c_str(), &limit) != 0) return false;
  struct stat here {};
  if (::fstat(directory.get(), &here) != 0) return true;
  Descriptor at(::openat(directory.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (at) {
    if (same_inode(here, limit)) return true;
    at = Descriptor(::openat(at.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat parent {};
    if (!at || ::fstat(at.get(), &parent) != 0) break;
    // The root is its own parent.
    if (same_inode(parent, here)) return false;
    here = parent;
  }
  return false;
}

/// Whether `chattr +i` or `+a` is set; false on file systems without these flags.
bool is_immutable(int descriptor) {
  int flags = 0;
  return descriptor >= 0 && ::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) == 0 &&
         (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
}

bool is_mount_point(const Found& found) {
  struct statx facts {};
  return ::statx(found.directory.get(), found.name.c_str(), AT_SYMLINK_NOFOLLOW, 0, &facts) == 0 &&
         (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// In a directory of mode 1777 only the owner may delete a file.
bool is_kept_by_sticky_bit(const Found& found, const struct stat& directory) {
  const uid_t user = ::geteuid();
  return (directory.st_mode & S_ISVTX) != 0 && user != 0 && user != directory.st_uid && user != found.facts.st_uid;
}

std::optional<Obstacle> kept_by_system(const Found& found) {
  constexpr const char* kRights = "run as a user who may delete it, or omit --remove-claim";
  struct stat directory {};
  if (::fstat(found.directory.get(), &directory) != 0) return Obstacle{words(errno), kRights};
  if (::faccessat(found.directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    if (errno == EROFS) {
      return Obstacle{"the file system is mounted read-only", "remount it, or omit --remove-claim"};
    }
    return Obstacle{"its directory is not writable: " + words(errno), kRights};
  }
  if (is_kept_by_sticky_bit(found, directory))
    return Obstacle{"its directory has the sticky bit: only the owner may delete it", kRights};
  if (is_mount_point(found))
    return Obstacle{"it is a mount point", "mount its directory instead, or omit --remove-claim"};
  const Descriptor file(::openat(found.directory.get(), found.name.c_str(), kReadFlags));
  if (is_immutable(file.get()) || is_immutable(found.directory.get())) {
    return Obstacle{"it or its directory is marked immutable", "run chattr -i on it, or omit --remove-claim"};
  }
  return std::nullopt;
}

/// The reason why a file must not be deleted whatever the options say; nothing if it may be.
std::optional<Obstacle> kept_by_us(const Found& found, const SparedFiles& spared) {
  if (S_ISLNK(found.facts.st_mode)) {
    return Obstacle{"it is a symbolic link", "give the file itself, or omit --remove-claim"};
  }
  if (!S_ISREG(found.facts.st_mode)) return Obstacle{"it is not a file", "omit --remove-claim"};
  if (is_below(found.directory, spared.state_dir)) {
    return Obstacle{"it is in the state directory", "give files that belong to the claim only"};
  }
  if (spared.ca_file && same_file(found.facts, *spared.ca_file)) {
    return Obstacle{"it is the file of --ca-file", "give files that belong to the claim only"};
  }
  return std::nullopt;
}

/// Nothing if there is no such file.
Result<std::optional<Found>> find(const std::string& file, const char* verdict) {
  const std::size_t slash = file.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
  Found found{Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
              slash == std::string::npos ? file : file.substr(slash + 1),
              {}};
  const bool is_there =
      found.directory && ::fstatat(found.directory.get(), found.name.c_str(), &found.facts, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there) return std::optional<Found>{std::move(found)};
  if (errno == ENOENT) return std::optional<Found>{};
  if (auto lack = out_of_resources(errno, "the claim file " + printable(file) + " is not deleted")) {
    return fail(std::move(*lack));
  }
  return fail(ErrorKind::kClaimNotRemoved, "the claim file " + printable(file) + verdict + words(errno),
              "run as a user who may delete it, or omit --remove-claim");
}

tl::unexpected<Error> kept(const std::string& file, const char* verdict, Obstacle obstacle) {
  return fail(ErrorKind::kClaimNotRemoved, "the claim file " + printable(file) + verdict + obstacle.why,
              std::move(obstacle.hint));
}

constexpr const char* kCannot = " cannot be deleted: ";
constexpr const char* kIsNot = " is not deleted: ";

}  // namespace

Result<bool> PosixHostSystem::may_remove(const std::string& file, const SparedFiles& spared) {
  FP_TRY_ASSIGN(const auto found, find(file, kCannot));
  if (!found) return false;
  if (auto obstacle = kept_by_us(*found, spared)) return kept(file, kCannot, std::move(*obstacle));
  if (auto obstacle = kept_by_system(*found)) return kept(file, kCannot, std::move(*obstacle));
  return true;
}

Result<std::uint64_t> PosixHostSystem::remove(const ClaimFile& file, const SparedFiles& spared) {
  FP_TRY_ASSIGN(const auto found, find(file.path, kIsNot));
  if (!found) return std::uint64_t{0};
  if (auto obstacle = kept_by_us(*found, spared)) return kept(file.path, kIsNot, std::move(*obstacle));
  if (stamp_of(found->facts) != file.stamp) {
    return kept(file.path, kIsNot,
                {"it was replaced or changed since it was read", "delete it by hand if it is the claim's"});
  }
  const Obstacle by_system{"", "the identity is installed; delete the file by hand, or rerun when it can be deleted"};
  const auto failed = [&](int number) { return kept(file.path, kIsNot, {words(number), by_system.hint}); };
  if (::unlinkat(found->directory.get(), found->name.c_str(), 0) != 0) return failed(errno);
  // The deletion must also survive a power failure.
  if (::fsync(found->directory.get()) != 0 && errno != EINVAL) return failed(errno);
  return static_cast<std::uint64_t>(found->facts.st_nlink - 1);
}

}  // namespace fleet_provision
