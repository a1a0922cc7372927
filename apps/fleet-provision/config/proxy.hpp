// Which HTTP proxy a connection takes: --proxy, or what the environment says of every program.
//
// The variables are those of curl: https_proxy or HTTPS_PROXY, and no_proxy or NO_PROXY with hosts, domains, addresses
// and networks (10.0.0.0/8) that are reached without it. Loopback is never asked of a proxy that the environment named.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/network/connection_options.hpp"
#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// `http://[USER[:PASSWORD]@]HOST[:PORT]`; the scheme may be missing, the port is 80 then. User and password are
/// percent-decoded (RFC 3986 section 2.1). kUsage; the password is in no message.
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view text);

/// Whether the entries of `no_proxy`, separated by commas or blanks, cover the endpoint.
[[nodiscard]] bool is_covered(const Endpoint& endpoint, std::string_view no_proxy);

/// Nothing: connect directly.
[[nodiscard]] Result<std::optional<Proxy>> choose_proxy(const Options& options, const Environment& environment,
                                                        const Endpoint& endpoint);

/// A proxy's URL, or what was meant for one, with its password taken out, for --print-config and messages.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace fleet_provision
