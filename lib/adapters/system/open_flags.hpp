// How files of the state directory are opened.
#pragma once

#include <fcntl.h>

namespace fleet_provision {

/// For reading: open follows no symbolic link, does not wait for the writer of a FIFO, and does not make a terminal the
/// controlling terminal of the program.
inline constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace fleet_provision
