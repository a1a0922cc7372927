// The address on which the servers of the tests listen.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace fleet_provision::test {

/// 127.0.0.1 at this port; 0 lets the kernel choose one.
inline sockaddr_in loopback(std::uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace fleet_provision::test
