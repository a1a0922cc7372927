// Every verb starts from a descriptor of the state directory and goes down one name at a time with O_NOFOLLOW, so
// that whoever may write beside us cannot lead us elsewhere, and a rename above us does not matter. What is made is
// private from its creation: the mode is given to open and mkdir, corrected by descriptor where the umask took bits
// away, and then looked at, since a file system such as FAT takes any mode and keeps none. Whatever a failed verb
// made it takes away again.
#include "adapters/posix_disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "adapters/disk_error.hpp"
#include "adapters/make_path.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateDirectory = 0700;
constexpr std::size_t kNamesMax = 10'000;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
// O_NONBLOCK: a FIFO that somebody put there must not hold us.
constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

mode_t permissions(const struct stat& facts) {
  return facts.st_mode & 07777U;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != "..";
}

/// Gives `descriptor` exactly `mode`; whether the file system kept it.
bool make_private(int descriptor, mode_t mode) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return false;
  if (permissions(facts) == mode) return true;
  return ::fchmod(descriptor, mode) == 0 && ::fstat(descriptor, &facts) == 0 && permissions(facts) == mode;
}

tl::unexpected<Error> not_private(const std::string& path) {
  return fail(ErrorKind::kStateNotPrivate, "the file system cannot keep " + printable(path) + " private",
              "choose a --state-dir on a file system with owners and modes (not FAT)");
}

/// errno of the failure, or 0.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    // A disk that takes nothing and gives no reason would be asked for ever.
    if (count == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int sync_descriptor(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

/// The process id that the holder wrote, or empty.
std::string holder_of(int descriptor) {
  std::array<char, 24> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  if (count <= 0) return {};
  const std::string_view read(text.data(), static_cast<std::size_t>(count));
  const std::string_view digits = read.substr(0, read.find('\n'));
  const bool is_number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? std::string(digits) : std::string();
}

}  // namespace

PosixDisk::PosixDisk(std::string state_dir) : state_dir_(std::move(state_dir)) {}

std::string PosixDisk::whole(std::string_view path) const {
  if (path.empty()) return state_dir_;
  return state_dir_ + (state_dir_.ends_with('/') ? "" : "/") + std::string(path);
}

tl::unexpected<Error> PosixDisk::failed(std::string_view doing, std::string_view path) const {
  return disk_error(errno, doing, whole(path));
}

// Finding the way.

int PosixDisk::open_root() {
  if (!root_) root_ = Descriptor(::open(state_dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return root_.get();
}

Result<PosixDisk::Place> PosixDisk::locate(std::string_view doing, const std::string& path) {
  FP_TRY_ASSIGN(auto place, locate_if_there(doing, path));
  if (!place) {
    errno = ENOENT;
    return failed(doing, path);
  }
  return std::move(*place);
}

Result<std::optional<PosixDisk::Place>> PosixDisk::locate_if_there(std::string_view doing, const std::string& path) {
  const std::size_t slash = path.find('/');
  const std::string first = path.substr(0, slash);
  const std::string second = slash == std::string::npos ? std::string() : path.substr(slash + 1);
  const bool is_ours = is_plain_name(first) && (slash == std::string::npos || is_plain_name(second)) &&
                       second.find('/') == std::string::npos && path.find('\0') == std::string::npos;
  if (!is_ours) return fail(ErrorKind::kInternal, "not a path below the state directory: " + printable(path));
  const int root = open_root();
  if (root < 0 && errno == ENOENT) return std::optional<Place>{};
  if (root < 0) return path_error(errno, doing, whole(path));
  if (slash == std::string::npos) return std::optional<Place>{Place{Descriptor(), root, first}};
  Descriptor directory(::openat(root, first.c_str(), kDirectoryFlags));
  if (!directory && errno == ENOENT) return std::optional<Place>{};
  if (!directory) return failed(doing, path);
  const int number = directory.get();
  return std::optional<Place>{Place{std::move(directory), number, second}};
}

Result<std::optional<Descriptor>> PosixDisk::open_directory(std::string_view doing, const std::string& path) {
  Descriptor directory;
  if (path.empty()) {
    const int root = open_root();
    if (root < 0 && errno == ENOENT) return std::optional<Descriptor>{};
    if (root < 0) return path_error(errno, doing, whole(path));
    directory = Descriptor(::openat(root, ".", kDirectoryFlags));
  } else {
    FP_TRY_ASSIGN(const auto place, locate_if_there(doing, path));
    if (!place) return std::optional<Descriptor>{};
    directory = Descriptor(::openat(place->directory, place->name.c_str(), kDirectoryFlags));
  }
  if (!directory && errno == ENOENT) return std::optional<Descriptor>{};
  if (!directory) return failed(doing, path);
  return std::optional<Descriptor>{std::move(directory)};
}

// Looking: nothing here writes, and nothing minds that there is no state directory.

Result<std::optional<EntryFacts>> PosixDisk::inspect(const std::string& path) {
  struct stat facts {};
  if (path.empty()) {
    FP_TRY_ASSIGN(const auto directory, open_directory("look at", path));
    if (!directory) return std::optional<EntryFacts>{};
    if (::fstat(directory->get(), &facts) != 0) return failed("look at", path);
  } else {
    FP_TRY_ASSIGN(const auto place, locate_if_there("look at", path));
    if (!place) return std::optional<EntryFacts>{};
    const bool found = ::fstatat(place->directory, place->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
    if (!found && errno == ENOENT) return std::optional<EntryFacts>{};
    if (!found) return failed("look at", path);
  }
  EntryFacts entry;
  if (S_ISREG(facts.st_mode)) entry.type = EntryType::kFile;
  if (S_ISDIR(facts.st_mode)) entry.type = EntryType::kDirectory;
  entry.mode = permissions(facts);
  entry.owned_by_us = facts.st_uid == ::geteuid();
  entry.user = facts.st_uid;
  entry.group = facts.st_gid;
  return std::optional{entry};
}

Result<std::optional<Secret>> PosixDisk::read(const std::string& path, std::size_t limit) {
  FP_TRY_ASSIGN(const auto place, locate_if_there("read", path));
  if (!place) return std::optional<Secret>{};
  const Descriptor file(::openat(place->directory, place->name.c_str(), kReadFlags));
  if (!file && errno == ENOENT) return std::optional<Secret>{};
  if (!file) return failed("read", path);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failed("read", path);
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorKind::kStateNotWritable, "cannot read " + printable(whole(path)) + ": it is not a file",
                "look who made it, and move it away");
  }
  // One byte more than the file has, so that its end is seen.
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
  return fail(ErrorKind::kDiskError,
              "cannot read " + printable(whole(path)) + ": it has more than " + std::to_string(size - 1) + " bytes");
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) {
  std::vector<std::string> names;
  FP_TRY_ASSIGN(auto opened, open_directory("list", directory));
  if (!opened) return names;
  const int number = ::fcntl(opened->get(), F_DUPFD_CLOEXEC, 0);
  if (number < 0) return failed("list", directory);
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(number), close);
  if (!stream) {
    const int why = errno;
    ::close(number);
    return disk_error(why, "list", whole(directory));
  }
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kNamesMax) {
      return fail(ErrorKind::kDiskError, "cannot list " + printable(whole(directory)) + ": it holds more than " +
                                             std::to_string(kNamesMax) + " names");
    }
    names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return failed("list", directory);
  std::sort(names.begin(), names.end());
  return names;
}

// Changing.

Result<void> PosixDisk::make_root() {
  FP_TRY(make_path(state_dir_));
  if (open_root() < 0) return failed("open", "");
  return {};
}

Result<void> PosixDisk::lock() {
  if (lock_) return {};
  const std::string path = "lock";
  if (open_root() < 0) return failed("create", path);
  Descriptor file(::openat(root_.get(), path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                           kPrivateFile));
  if (!file) return failed("create", path);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failed("inspect", path);
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorKind::kStateNotPrivate, printable(whole(path)) + " is not a file", "look who made it");
  }
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return failed("lock", path);
    const std::string holder = holder_of(file.get());
    return fail(ErrorKind::kLocked,
                "another run" + (holder.empty() ? std::string() : " (process " + holder + ")") + " holds " +
                    printable(whole(path)),
                "wait for it to end, then run again");
  }
  if (!make_private(file.get(), kPrivateFile)) return not_private(whole(path));
  // The number is for people alone: a disk too full for it is found by the writes that matter.
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) == 0) static_cast<void>(write_all(file.get(), text));
  lock_ = std::move(file);
  return {};
}

Result<void> PosixDisk::make_directory(const std::string& path) {
  FP_TRY_ASSIGN(const Place place, locate("create", path));
  if (::mkdirat(place.directory, place.name.c_str(), kPrivateDirectory) != 0) return failed("create", path);
  Descriptor made(::openat(place.directory, place.name.c_str(), kDirectoryFlags));
  if (!made && errno == EACCES) {
    // A umask that takes our own bits away keeps us from opening what we made.
    const char* name = place.name.c_str();
    if (::fchmodat(place.directory, name, kPrivateDirectory, AT_SYMLINK_NOFOLLOW) == 0) {
      made = Descriptor(::openat(place.directory, name, kDirectoryFlags));
    }
  }
  if (!made) {
    // A disk that fails here says nothing about modes.
    const int why = errno;
    ::unlinkat(place.directory, place.name.c_str(), AT_REMOVEDIR);
    return disk_error(why, "open", whole(path));
  }
  const bool is_private = make_private(made.get(), kPrivateDirectory);
  if (is_private) return {};
  ::unlinkat(place.directory, place.name.c_str(), AT_REMOVEDIR);
  return not_private(whole(path));
}

Result<void> PosixDisk::write_new(const std::string& path, std::string_view bytes) {
  FP_TRY_ASSIGN(const Place place, locate("create", path));
  Descriptor file(::openat(place.directory, place.name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, kPrivateFile));
  if (!file) return failed("create", path);
  const bool is_private = make_private(file.get(), kPrivateFile);
  const int why = is_private ? write_all(file.get(), bytes) : 0;
  if (is_private && why == 0) {
    written_.insert_or_assign(path, std::move(file));
    return {};
  }
  ::unlinkat(place.directory, place.name.c_str(), 0);
  if (!is_private) return not_private(whole(path));
  return disk_error(why, "write", whole(path));
}

Result<void> PosixDisk::sync_file(const std::string& path) {
  int why = 0;
  if (const auto kept = written_.find(path); kept != written_.end()) {
    why = sync_descriptor(kept->second.get());
    written_.erase(kept);
  } else {
    FP_TRY_ASSIGN(const Place place, locate("sync", path));
    const Descriptor file(::openat(place.directory, place.name.c_str(), kReadFlags));
    why = file ? sync_descriptor(file.get()) : errno;
  }
  if (why != 0) return disk_error(why, "sync", whole(path));
  return {};
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
  FP_TRY_ASSIGN(const auto directory, open_directory("sync", path));
  if (!directory) return disk_error(ENOENT, "sync", whole(path));
  const int why = sync_descriptor(directory->get());
  // EINVAL: a file system that has no such call, and nothing more can be done.
  if (why != 0 && why != EINVAL) return disk_error(why, "sync", whole(path));
  return {};
}

Result<void> PosixDisk::set_mode(const std::string& path, unsigned mode) {
  FP_TRY_ASSIGN(const Place place, locate("set the mode of", path));
  const Descriptor entry(::openat(place.directory, place.name.c_str(), kReadFlags));
  if (!entry) return failed("set the mode of", path);
  if (::fchmod(entry.get(), static_cast<mode_t>(mode)) != 0) return failed("set the mode of", path);
  struct stat facts {};
  if (::fstat(entry.get(), &facts) != 0) return failed("set the mode of", path);
  if ((permissions(facts) & ~mode) != 0) return not_private(whole(path));
  return {};
}

Result<void> PosixDisk::set_owner(const std::string& path, const Owner& owner) {
  FP_TRY_ASSIGN(const Place place, locate("set the owner of", path));
  const Descriptor entry(::openat(place.directory, place.name.c_str(), kReadFlags));
  if (!entry) return failed("set the owner of", path);
  constexpr auto kUnchanged = static_cast<gid_t>(-1);
  if (::fchown(entry.get(), owner.user, owner.group.value_or(kUnchanged)) == 0) return {};
  if (errno != EPERM) return failed("set the owner of", path);
  Error error = failed("set the owner of", path).value();
  error.hint = "run as root, which alone may give files away, or leave --owner out";
  return fail(std::move(error));
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  FP_TRY_ASSIGN(const Place old_place, locate("rename", from));
  FP_TRY_ASSIGN(const Place new_place, locate("rename", to));
  if (::renameat(old_place.directory, old_place.name.c_str(), new_place.directory, new_place.name.c_str()) != 0) {
    return disk_error(errno, "rename " + printable(whole(from)) + " to", whole(to));
  }
  forget_written(from);
  forget_written(to);
  return {};
}

Result<bool> PosixDisk::exchange(const std::string& a, const std::string& b) {
  FP_TRY_ASSIGN(const Place one, locate("exchange", a));
  FP_TRY_ASSIGN(const Place other, locate("exchange", b));
  if (::renameat2(one.directory, one.name.c_str(), other.directory, other.name.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
    return disk_error(errno, "exchange " + printable(whole(a)) + " with", whole(b));
  }
  forget_written(a);
  forget_written(b);
  return true;
}

Result<void> PosixDisk::remove_file(const std::string& path) {
  FP_TRY_ASSIGN(const auto place, locate_if_there("remove", path));
  if (place && ::unlinkat(place->directory, place->name.c_str(), 0) != 0 && errno != ENOENT) {
    return failed("remove", path);
  }
  forget_written(path);
  return {};
}

Result<void> PosixDisk::remove_directory(const std::string& path) {
  FP_TRY_ASSIGN(const auto place, locate_if_there("remove", path));
  if (place && ::unlinkat(place->directory, place->name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return failed("remove", path);
  }
  forget_written(path);
  return {};
}

void PosixDisk::forget_written(const std::string& path) {
  std::erase_if(written_,
                [&path](const auto& each) { return each.first == path || each.first.starts_with(path + "/"); });
}

}  // namespace fleet_provision
