// Peers that never stop sending: each kind of message of TLS 1.2, TLS 1.3, MQTT and a proxy's HTTP.
#pragma once

#include <string>
#include <vector>

#include "tests/flow/byte_service.hpp"

namespace fleet_provision::test {

struct Flood {
  std::string name;
  BrokerOptions server;
  ScriptedBroker::Script script;
  int code = 0;
  /// The expected error kind, followed by other accepted kinds.
  std::vector<std::string> kinds;
  std::vector<std::string> options = {};
  /// The server acts as the proxy and then as the endpoint.
  bool proxy = false;
};

/// Floods during the handshake, before the server is authenticated.
[[nodiscard]] std::vector<Flood> handshake_floods();
/// Floods of TLS messages in an established session.
[[nodiscard]] std::vector<Flood> session_floods();
/// Floods of each MQTT packet type, while the client waits for a SUBACK and while it waits for a response.
[[nodiscard]] std::vector<Flood> mqtt_floods();
[[nodiscard]] std::vector<Flood> proxy_floods();

}  // namespace fleet_provision::test
