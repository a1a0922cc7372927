// HTTP CONNECT (RFC 9110 section 9.3.6): requests a connection to the endpoint from a proxy.
#pragma once

#include "adapters/network/connection_options.hpp"
#include "adapters/network/wait.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// Asks the proxy at the other end of `socket` for a tunnel to `target`. After success the next byte of the socket is
/// the first of the target. kProxyAuthentication (407), kProxyRefused (any other status, a close, or no response by
/// `deadline`), kNotAProxy (no HTTP).
[[nodiscard]] Result<void> ask_proxy(int socket, const Proxy& proxy, const Endpoint& target, Instant deadline,
                                     const Wait& wait);

}  // namespace fleet_provision
