// The HTTP proxy of a connection: --proxy, else the proxy variables of the environment.
//
// The variables are those of curl: https_proxy or HTTPS_PROXY, and no_proxy or NO_PROXY with hosts, domains, addresses
// and networks (10.0.0.0/8) that are reached without it. A proxy from the environment is never used for loopback.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/network/connection_options.hpp"
#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Parses `[http://][USER[:PASSWORD]@]HOST[:PORT]`; the default port is 80. User and password are percent-decoded (RFC
/// 3986 section 2.1). Fails with kUsage; no message holds the password.
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view text);

/// Whether the entries of `no_proxy`, separated by commas or blanks, cover the endpoint.
[[nodiscard]] bool is_covered(const Endpoint& endpoint, std::string_view no_proxy);

/// The proxy to use; nullopt for a direct connection. Reads the file of --proxy-password-file.
[[nodiscard]] Result<std::optional<Proxy>> choose_proxy(const Options& options, const Environment& environment,
                                                        const Endpoint& endpoint);

/// A proxy URL, valid or not, with its password replaced by ***.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace fleet_provision
