#include "adapters/system/write_whole.hpp"

#include <unistd.h>

#include <cerrno>

namespace fleet_provision {

int write_whole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    // A write of 0 bytes without an error would be repeated for ever.
    if (count == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace fleet_provision
