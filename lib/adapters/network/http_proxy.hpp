// HTTP CONNECT (RFC 9110 section 9.3.6): asks a proxy for a connection to the endpoint.
#pragma once

#include "adapters/network/connection_options.hpp"
#include "adapters/network/wait.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// Asks the proxy at the other end of `socket` for a tunnel to `target`. After success the socket carries the target's
/// bytes and none of them was read. kProxyAuthentication (407), kProxyRefused (any other status, a close, or silence
/// until `deadline`), kNotAProxy (no HTTP).
[[nodiscard]] Result<void> ask_proxy(int socket, const Proxy& proxy, const Endpoint& target, Instant deadline,
                                     const Wait& wait);

}  // namespace fleet_provision
