// Where to connect, whom to trust, and as whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/plan.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// An HTTP proxy that is asked by CONNECT (RFC 9110 section 9.3.6).
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string user;
  Secret password;
};

struct ConnectionOptions {
  Endpoint endpoint;
  /// Name for SNI and the certificate check; empty: the endpoint's host.
  std::string server_name;
  /// ALPN protocol (RFC 7301); empty: none is offered.
  std::string alpn;
  /// Roots to trust; absent: the system's trust store.
  std::optional<std::string> ca_file;
  /// Certificate and key in one file, `-` being stdin; the two below are then empty. Whoever builds the transport reads
  /// it (see PahoTransport::use_credentials).
  std::optional<std::string> claim_file;
  /// PEM, the leaf first; may hold a chain.
  std::string certificate_file;
  /// A PEM file's path or a key URI.
  std::string key_reference;
  std::optional<std::string> key_passphrase_file;
  std::optional<Proxy> proxy;
};

}  // namespace fleet_provision
