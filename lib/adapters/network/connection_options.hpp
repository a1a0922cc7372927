// Options of a connection: endpoint, proxy, root certificates and credentials.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/plan.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// An HTTP proxy that is used with CONNECT (RFC 9110 section 9.3.6).
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string user;
  Secret password;
};

struct ConnectionOptions {
  Endpoint endpoint;
  /// Name for SNI and the certificate check; empty means the endpoint's host.
  std::string server_name;
  /// ALPN protocol to offer (RFC 7301); empty disables ALPN.
  std::string alpn;
  /// File of root certificates to trust; absent means the system's trust store.
  std::optional<std::string> ca_file;
  /// Certificate and key in one file, `-` for stdin; the two members below are then empty. The code that creates the
  /// transport reads this file (see PahoTransport::use_credentials).
  std::optional<std::string> claim_file;
  /// PEM, the leaf first; may hold a chain.
  std::string certificate_file;
  /// A PEM file's path or a key URI.
  std::string key_reference;
  std::optional<std::string> key_passphrase_file;
  std::optional<Proxy> proxy;
};

}  // namespace fleet_provision
