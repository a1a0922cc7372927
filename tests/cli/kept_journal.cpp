// Preloaded into the tested program, so that it cannot remove its journal: the run stops between the registration of
// the thing and the commit, which no fault of the simulator can do.
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
