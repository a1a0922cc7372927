// Resolves host names by a deadline.
//
// getaddrinfo has no deadline and cannot be interrupted, so it runs in a thread of its own, which shares one small
// record with its caller. At the deadline the caller returns and leaves the thread behind; it ends when getaddrinfo
// gives up.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/network/wait.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  /// The address alone, `192.0.2.1` or `2001:db8::1`.
  std::string text;
};

/// All stream addresses of `host`, in the order to try them (RFC 6724). kDns if there is no result by `deadline`. A
/// literal address needs no thread and no name server.
[[nodiscard]] Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Instant deadline,
                                                         const Wait& wait);

[[nodiscard]] bool is_ip_address(const std::string& host);

}  // namespace fleet_provision
