// Preloaded into the program by disk_errors: simulates a file system that writes fewer bytes than requested, which
// POSIX allows. The CUT_WRITE-th write to a file (0: each) writes CUT_BYTES bytes (negative: all but that many); with
// CUT_THEN_FULL the next write to that file fails with ENOSPC. The library creates the file named by CUT_SEEN when it
// has shortened a write.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace {

long number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

bool is_file(int descriptor) {
  struct stat facts {};
  return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

std::size_t shorter(std::size_t size) {
  const long wanted = number("CUT_BYTES");
  const long all = static_cast<long>(size);
  return static_cast<std::size_t>(std::clamp(wanted < 0 ? all + wanted : wanted, 1L, all));
}

void tell_seen() {
  const char* path = std::getenv("CUT_SEEN");
  if (path != nullptr) ::close(::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

}  // namespace

// glibc's names for the parameters are reserved to it.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" ssize_t write(int descriptor, const void* bytes, size_t size) {
  static std::atomic<long> count{0};
  static std::atomic<int> full{-1};
  if (!is_file(descriptor)) return ::syscall(SYS_write, descriptor, bytes, size);
  if (full.exchange(-1) == descriptor) {
    errno = ENOSPC;
    return -1;
  }
  const long cut = number("CUT_WRITE");
  const std::size_t taken = shorter(size);
  if ((cut != 0 && ++count != cut) || taken == size) return ::syscall(SYS_write, descriptor, bytes, size);
  tell_seen();
  if (number("CUT_THEN_FULL") != 0) full = descriptor;
  return ::syscall(SYS_write, descriptor, bytes, taken);
}
