// Preloaded into the tested program, whose journal then cannot be removed: it stops between the registered thing and
// the commit, which no fault of the simulator reaches.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

// glibc's names for the parameters are reserved to it.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int unlinkat(int directory, const char* path, int flags) noexcept {
  if (std::string_view(path) == "journal") {
    errno = EIO;
    return -1;
  }
  using Call = int (*)(int, const char*, int);
  static const auto real = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "unlinkat"));
  return real(directory, path, flags);
}
