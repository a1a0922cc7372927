// stdin, stdout and stderr, which the parent process may have closed.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace fleet_provision {

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed; false if that fails. Otherwise a file opened
/// later could get the number of stdout, and the program would print into that file. A stdout that was closed is opened
/// for reading only, so that writing a result to it fails.
[[nodiscard]] inline bool open_standard_descriptors() {
  for (int each = STDIN_FILENO; each <= STDERR_FILENO; ++each) {
    if (::fcntl(each, F_GETFD) >= 0) continue;
    if (::open("/dev/null", each == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return false;
  }
  return true;
}

}  // namespace fleet_provision
