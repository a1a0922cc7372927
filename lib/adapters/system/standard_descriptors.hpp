// stdin, stdout and stderr, which whoever began a process may have closed.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace fleet_provision {

/// Opens on /dev/null what is closed of descriptors 0 to 2; false when that fails. A descriptor opened later would
/// otherwise become stdout, and what is printed would end up in a file of ours. A stdout that was closed cannot be
/// written afterwards either: a result that nobody gets is an error.
[[nodiscard]] inline bool open_standard_descriptors() {
  for (int each = STDIN_FILENO; each <= STDERR_FILENO; ++each) {
    if (::fcntl(each, F_GETFD) >= 0) continue;
    if (::open("/dev/null", each == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return false;
  }
  return true;
}

}  // namespace fleet_provision
