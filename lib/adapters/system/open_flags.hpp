// How files of the state directory are opened.
#pragma once

#include <fcntl.h>

namespace fleet_provision {

/// For reading: open follows no symbolic link, and neither a FIFO nor a terminal blocks the program.
inline constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace fleet_provision
