// A TCP connection to a server of the tests.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "adapters/system/descriptor.hpp"
#include "tests/support/loopback.hpp"

namespace fleet_provision::test {

/// A connection to this port; an empty descriptor where nobody accepts it.
inline Descriptor dial(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

}  // namespace fleet_provision::test
