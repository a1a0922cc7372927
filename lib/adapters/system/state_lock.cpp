#include "adapters/system/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/private_mode.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kName = "lock";
// The attempts end if another process removes the file again and again.
constexpr int kTries = 10;

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

/// Takes the lock of a file; 0, or errno.
int take(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

tl::unexpected<Error> locked(int file, const std::string& path) {
  const std::string holder = file < 0 ? std::string() : holder_of(file);
  return fail(
      ErrorKind::kLocked,
      "another run" + (holder.empty() ? std::string() : " (process " + holder + ")") + " holds " + printable(path),
      "wait for it to end, then rerun");
}

/// Whether the name still refers to the file that was opened.
bool still_named(int root, const struct stat& facts) {
  struct stat named {};
  return ::fstatat(root, kName, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == facts.st_dev &&
         named.st_ino == facts.st_ino;
}

/// The locked file; nothing if its name was removed meanwhile.
Result<std::optional<Descriptor>> open_and_lock(int root, bool directory_is_locked, const std::string& path,
                                                const DirectoryRole& role) {
  Descriptor file(
      ::openat(root, kName, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kPrivateFile));
  if (!file) return disk_error(errno, "create", path, role);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return disk_error(errno, "inspect", path, role);
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorKind::kStateNotPrivate, printable(path) + " is not a file", "move it away");
  }
  FP_TRY(require_one_name(facts, path));
  if (directory_is_locked) return locked(file.get(), path);
  const int why = take(file.get());
  if (why == EWOULDBLOCK) return locked(file.get(), path);
  if (why != 0) return disk_error(why, "lock", path, role);
  // If the name was removed, the next run would create and lock another file of that name.
  if (!still_named(root, facts)) return std::optional<Descriptor>{};
  return std::optional<Descriptor>{std::move(file)};
}

void write_holder(int descriptor) {
  // The process id is for people only, so an error is ignored here; a full disk is reported by later writes.
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

Result<StateLock> lock_state(int root, const std::string& path, const DirectoryRole& role) {
  StateLock lock{Descriptor(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), Descriptor()};
  const bool taken = lock.directory && take(lock.directory.get()) == EWOULDBLOCK;
  for (int i = 0; i < kTries; ++i) {
    FP_TRY_ASSIGN(auto file, open_and_lock(root, taken, path, role));
    if (!file) continue;
    lock.file = std::move(*file);
    if (!make_private(lock.file.get(), kPrivateFile)) return not_private(path, role);
    write_holder(lock.file.get());
    return lock;
  }
  return locked(-1, path);
}

}  // namespace fleet_provision
