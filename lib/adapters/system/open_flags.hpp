// How files of the state directory are opened.
#pragma once

#include <fcntl.h>

namespace fleet_provision {

/// To read: no symbolic link is followed, and neither a FIFO nor a terminal holds the program.
inline constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace fleet_provision
