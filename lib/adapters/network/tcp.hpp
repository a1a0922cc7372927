// A TCP connection to the first address that accepts one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/network/resolver.hpp"
#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"

namespace fleet_provision {

struct TcpConnection {
  Descriptor socket;
  /// The address that accepted.
  std::string address;
};

/// Tries `addresses` in order and starts the next connect in parallel if the previous ones have not answered within a
/// moment, so that an address family without a route delays the connection only a little. Each connect takes at most
/// `each_timeout`, and all end by `deadline`. The socket is non-blocking, with TCP_NODELAY. kConnectionRefused,
/// kConnectionTimeout or kNoRoute, with the result of each address.
[[nodiscard]] Result<TcpConnection> connect_tcp(const std::string& host, std::uint16_t port,
                                                const std::vector<SocketAddress>& addresses, Milliseconds each_timeout,
                                                Instant deadline, const Wait& wait);

/// `host (address), port N`; the address is omitted if it equals the host.
[[nodiscard]] std::string name_of_peer(const std::string& host, const std::string& address, std::uint16_t port);

}  // namespace fleet_provision
