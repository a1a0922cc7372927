// A configuration file of the caller's, through the same reader that opens the real one.
#include <sys/mman.h>
#include <unistd.h>

#include "config/configuration_file.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("configuration", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  must_hold(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size),
            "the file is written");
  const auto settings = read_configuration_file(path);
  if (!settings) refused_as(settings.error(), ErrorKind::kConfiguration);
  return 0;
}
