// Every operation starts from a descriptor of the state directory and opens one path component at a time with
// O_NOFOLLOW. So a user who may write to a directory on the way cannot redirect the operation with a symbolic link, and
// renaming a parent directory has no effect. A new file or directory is private from its creation: open and mkdir get
// the mode, fchmod restores the bits that the umask removed, and fstat checks the result, since a file system such as
// FAT accepts any mode and keeps none. An operation that fails removes the file or directory that it created.
//
// A process of root accesses each directory with the rights of the directory's owner, because that user decides which
// files its names refer to. Two steps keep the rights of root: opening the state directory, because its parents may be
// accessible to root alone; and changing the owner of a file, by the descriptor through which this process wrote it.
#include "adapters/system/posix_disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/make_path.hpp"
#include "adapters/system/open_flags.hpp"
#include "adapters/system/private_mode.hpp"
#include "adapters/system/write_whole.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kNamesMax = 10'000;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != "..";
}

int sync_descriptor(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

PosixDisk::PosixDisk(std::string state_dir) : state_dir_(std::move(state_dir)) {}

std::string PosixDisk::full_path(std::string_view path) const {
  if (path.empty()) return state_dir_;
  return state_dir_ + (state_dir_.ends_with('/') ? "" : "/") + std::string(path);
}

tl::unexpected<Error> PosixDisk::failed(std::string_view doing, std::string_view path) const {
  return failed(errno, doing, path);
}

tl::unexpected<Error> PosixDisk::failed(int number, std::string_view doing, std::string_view path) const {
  return explained(disk_error(number, doing, full_path(path)).value());
}

/// Adds a hint for root: an operation fails because the directory's owner, as whom root acts, lacks the permission.
tl::unexpected<Error> PosixDisk::explained(Error error) const {
  const bool as_another = root_ && own_.user == 0 && owner_.user != 0;
  if (as_another && error.kind == ErrorKind::kStateNotWritable && error.hint.starts_with("run as root")) {
    const std::string user = std::to_string(owner_.user);
    // Not `chown -R`: the user may have created a hard link to another user's file there.
    error.hint = "root works in the directory of user " + user + " as that user; find " + printable(state_dir_) +
                 " ! -user " + user +
                 " -ls shows what belongs to others: give the user the files with one link (4th column), and remove "
                 "those with more";
  }
  return fail(std::move(error));
}

// Path resolution.

int PosixDisk::open_root() {
  if (root_) return root_.get();
  Descriptor root(::open(state_dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat facts {};
  if (!root || ::fstat(root.get(), &facts) != 0) return -1;
  own_ = own_account();
  owner_ = account_of(facts.st_uid, facts.st_gid);
  root_ = std::move(root);
  return root_.get();
}

Result<Account> PosixDisk::who_acts_in(const struct stat& directory, const std::string& name, Purpose purpose) {
  if (own_.user != 0 || (owner_.user == own_.user && purpose == Purpose::kLook)) return own_;
  if (directory.st_uid == owner_.user) return owner_;
  // The user could have renamed any other directory of root to this name; its files must stay out of reach.
  if (purpose == Purpose::kChange && directory.st_uid == 0) return owner_;
  // A user with write permission on this directory could have moved it here.
  if (purpose == Purpose::kChange && (permissions(directory) & kOthersMayWrite) != 0) {
    return fail(ErrorKind::kStateNotPrivate, printable(full_path(name)) + " is writable by other users",
                "chmod go-w " + printable(full_path(name)));
  }
  return account_of(directory.st_uid, directory.st_gid);
}

Result<const PosixDisk::Subdirectory*> PosixDisk::open_subdirectory(std::string_view doing, const std::string& name,
                                                                    const std::string& path) {
  if (const auto open = subdirectories_.find(name); open != subdirectories_.end()) return &open->second;
  FP_TRY_ASSIGN(const ActingUser acting, ActingUser::as(owner_, own_, state_dir_));
  Subdirectory opened{Descriptor(::openat(root_.get(), name.c_str(), kDirectoryFlags)), {}};
  if (!opened.descriptor && errno == ENOENT) return nullptr;
  if (!opened.descriptor) return failed(doing, path);
  if (::fstat(opened.descriptor.get(), &opened.facts) != 0) return failed("inspect", name);
  return &subdirectories_.insert_or_assign(name, std::move(opened)).first->second;
}

Result<PosixDisk::Location> PosixDisk::locate(std::string_view doing, const std::string& path) {
  FP_TRY_ASSIGN(auto location, locate_if_there(doing, path, Purpose::kChange));
  if (!location) {
    errno = ENOENT;
    return failed(doing, path);
  }
  return std::move(*location);
}

Result<std::optional<PosixDisk::Location>> PosixDisk::locate_if_there(std::string_view doing, const std::string& path,
                                                                      Purpose purpose) {
  const std::size_t slash = path.find('/');
  const std::string first = path.substr(0, slash);
  const std::string second = slash == std::string::npos ? std::string() : path.substr(slash + 1);
  const bool is_ours = is_plain_name(first) && (slash == std::string::npos || is_plain_name(second)) &&
                       second.find('/') == std::string::npos && path.find('\0') == std::string::npos;
  if (!is_ours) return fail(ErrorKind::kInternal, "not a path below the state directory: " + printable(path));
  const int root = open_root();
  if (root < 0 && errno == ENOENT) return std::optional<Location>{};
  if (root < 0) return path_error(errno, doing, full_path(path));
  if (slash == std::string::npos) {
    FP_TRY_ASSIGN(ActingUser acting, ActingUser::as(owner_, own_, state_dir_));
    return std::optional<Location>{Location{std::move(acting), root, first}};
  }
  FP_TRY_ASSIGN(const Subdirectory* directory, open_subdirectory(doing, first, path));
  if (directory == nullptr) return std::optional<Location>{};
  FP_TRY_ASSIGN(const Account account, who_acts_in(directory->facts, first, purpose));
  FP_TRY_ASSIGN(ActingUser acting, ActingUser::as(account, own_, full_path(first)));
  return std::optional<Location>{Location{std::move(acting), directory->descriptor.get(), second}};
}

Result<int> PosixDisk::open_directory(std::string_view doing, const std::string& path) {
  constexpr int kNone = -1;
  if (!path.empty() && !is_plain_name(path)) {
    return fail(ErrorKind::kInternal, "not a directory below the state directory: " + printable(path));
  }
  const int root = open_root();
  if (root < 0 && errno == ENOENT) return kNone;
  if (root < 0) return path_error(errno, doing, full_path(path));
  if (path.empty()) return root;
  FP_TRY_ASSIGN(const Subdirectory* directory, open_subdirectory(doing, path, path));
  return directory == nullptr ? kNone : directory->descriptor.get();
}

// Reading: these operations write nothing, and a missing state directory is no error.

Result<std::optional<EntryFacts>> PosixDisk::inspect(const std::string& path) {
  struct stat facts {};
  if (path.empty()) {
    FP_TRY_ASSIGN(const int directory, open_directory("inspect", path));
    if (directory < 0) return std::optional<EntryFacts>{};
    if (::fstat(directory, &facts) != 0) return failed("inspect", path);
  } else {
    FP_TRY_ASSIGN(const auto location, locate_if_there("inspect", path, Purpose::kLook));
    if (!location) return std::optional<EntryFacts>{};
    const bool found = ::fstatat(location->directory, location->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
    if (!found && errno == ENOENT) return std::optional<EntryFacts>{};
    if (!found) return failed("inspect", path);
  }
  EntryFacts entry;
  if (S_ISREG(facts.st_mode)) entry.type = EntryType::kFile;
  if (S_ISDIR(facts.st_mode)) entry.type = EntryType::kDirectory;
  entry.mode = permissions(facts);
  entry.owned_by_us = facts.st_uid == (own_.user == 0 ? owner_.user : own_.user);
  entry.user = facts.st_uid;
  entry.group = facts.st_gid;
  return std::optional{entry};
}

Result<std::optional<Secret>> PosixDisk::read(const std::string& path, std::size_t limit) {
  FP_TRY_ASSIGN(const auto location, locate_if_there("read", path, Purpose::kLook));
  if (!location) return std::optional<Secret>{};
  const Descriptor file(::openat(location->directory, location->name.c_str(), kReadFlags));
  if (!file && errno == ENOENT) return std::optional<Secret>{};
  if (!file) return failed("read", path);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failed("read", path);
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorKind::kStateNotWritable, "cannot read " + printable(full_path(path)) + ": it is not a file",
                "find out who made it, and move it away");
  }
  // One byte more than the file's size, so that read reports the end of the file.
  std::vector<char> bytes(std::min(limit, static_cast<std::size_t>(facts.st_size)) + 1);
  const WipedAtEnd wiped(bytes);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path);
    if (count == 0) return std::optional<Secret>{Secret({bytes.data(), size})};
    size += static_cast<std::size_t>(count);
  }
  return fail(ErrorKind::kDiskError, "cannot read " + printable(full_path(path)) + ": it has more than " +
                                         std::to_string(size - 1) + " bytes");
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) {
  std::vector<std::string> names;
  FP_TRY_ASSIGN(const int opened, open_directory("list", directory));
  if (opened < 0) return names;
  // Not a duplicate, which would share the position of reading.
  const int number = ::openat(opened, ".", kDirectoryFlags);
  if (number < 0) return failed("list", directory);
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(number), close);
  if (!stream) {
    const int why = errno;
    ::close(number);
    return failed(why, "list", directory);
  }
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kNamesMax) {
      return fail(ErrorKind::kDiskError, "cannot list " + printable(full_path(directory)) + ": it holds more than " +
                                             std::to_string(kNamesMax) + " names");
    }
    names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return failed("list", directory);
  std::sort(names.begin(), names.end());
  return names;
}

// Writing.

Result<void> PosixDisk::make_root() {
  FP_TRY(make_path(state_dir_));
  if (open_root() < 0) return failed("open", "");
  return {};
}

Result<void> PosixDisk::lock() {
  if (lock_.file) return {};
  if (open_root() < 0) return failed("create", "lock");
  FP_TRY_ASSIGN(const ActingUser acting, ActingUser::as(owner_, own_, state_dir_));
  auto taken = lock_state(root_.get(), full_path("lock"));
  if (!taken) return explained(std::move(taken).error());
  lock_ = std::move(*taken);
  // Until now another process may have given their names to other directories.
  subdirectories_.clear();
  return {};
}

Result<void> PosixDisk::make_directory(const std::string& path) {
  FP_TRY_ASSIGN(const Location location, locate("create", path));
  if (::mkdirat(location.directory, location.name.c_str(), kPrivateDirectory) != 0) return failed("create", path);
  Descriptor made(::openat(location.directory, location.name.c_str(), kDirectoryFlags));
  if (!made && errno == EACCES) {
    // A umask that removes the owner's permissions keeps this process from opening the new directory.
    const char* name = location.name.c_str();
    if (::fchmodat(location.directory, name, kPrivateDirectory, AT_SYMLINK_NOFOLLOW) == 0) {
      made = Descriptor(::openat(location.directory, name, kDirectoryFlags));
    }
  }
  if (!made) {
    // A failure of open says nothing about the mode, so it is reported as it is.
    const int why = errno;
    ::unlinkat(location.directory, location.name.c_str(), AT_REMOVEDIR);
    return failed(why, "open", path);
  }
  forget(path);
  Subdirectory opened{std::move(made), {}};
  if (make_private(opened.descriptor.get(), kPrivateDirectory) &&
      ::fstat(opened.descriptor.get(), &opened.facts) == 0) {
    if (location.directory == root_.get()) subdirectories_.insert_or_assign(path, std::move(opened));
    return {};
  }
  ::unlinkat(location.directory, location.name.c_str(), AT_REMOVEDIR);
  return not_private(full_path(path));
}

Result<void> PosixDisk::write_new(const std::string& path, std::string_view bytes) {
  FP_TRY_ASSIGN(const Location location, locate("create", path));
  Descriptor file(::openat(location.directory, location.name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, kPrivateFile));
  if (!file) return failed("create", path);
  const bool is_private = make_private(file.get(), kPrivateFile);
  const int why = is_private ? write_whole(file.get(), bytes) : 0;
  if (is_private && why == 0) {
    written_.insert_or_assign(path, std::move(file));
    return {};
  }
  ::unlinkat(location.directory, location.name.c_str(), 0);
  if (!is_private) return not_private(full_path(path));
  return failed(why, "write", path);
}

Result<void> PosixDisk::sync_file(const std::string& path) {
  int why = 0;
  if (const auto kept = written_.find(path); kept != written_.end()) {
    why = sync_descriptor(kept->second.get());
  } else {
    FP_TRY_ASSIGN(const Location location, locate("sync", path));
    const Descriptor file(::openat(location.directory, location.name.c_str(), kReadFlags));
    why = file ? sync_descriptor(file.get()) : errno;
  }
  if (why != 0) return failed(why, "sync", path);
  return {};
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
  FP_TRY_ASSIGN(const int directory, open_directory("sync", path));
  if (directory < 0) return disk_error(ENOENT, "sync", full_path(path));
  const int why = sync_descriptor(directory);
  // EINVAL: the file system does not support fsync of a directory.
  if (why != 0 && why != EINVAL) return failed(why, "sync", path);
  return {};
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  FP_TRY_ASSIGN(const Location old_location, locate("rename", from));
  FP_TRY_ASSIGN(const Location new_location, locate("rename", to));
  if (::renameat(old_location.directory, old_location.name.c_str(), new_location.directory,
                 new_location.name.c_str()) != 0) {
    return failed("rename " + printable(full_path(from)) + " to", to);
  }
  forget(from);
  forget(to);
  return {};
}

Result<bool> PosixDisk::exchange(const std::string& a, const std::string& b) {
  FP_TRY_ASSIGN(const Location one, locate("exchange", a));
  FP_TRY_ASSIGN(const Location other, locate("exchange", b));
  if (::renameat2(one.directory, one.name.c_str(), other.directory, other.name.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
    return failed("exchange " + printable(full_path(a)) + " with", b);
  }
  forget(a);
  forget(b);
  return true;
}

Result<void> PosixDisk::remove_file(const std::string& path) {
  FP_TRY_ASSIGN(const auto location, locate_if_there("remove", path, Purpose::kChange));
  if (location && ::unlinkat(location->directory, location->name.c_str(), 0) != 0 && errno != ENOENT) {
    return failed("remove", path);
  }
  forget(path);
  return {};
}

Result<void> PosixDisk::remove_directory(const std::string& path) {
  FP_TRY_ASSIGN(const auto location, locate_if_there("remove", path, Purpose::kChange));
  if (location && ::unlinkat(location->directory, location->name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return failed("remove", path);
  }
  forget(path);
  return {};
}

void PosixDisk::forget(const std::string& path) {
  subdirectories_.erase(path);
  std::erase_if(written_,
                [&path](const auto& each) { return each.first == path || each.first.starts_with(path + "/"); });
}

}  // namespace fleet_provision
