// Peers that never stop sending: each kind of message that TLS 1.2, TLS 1.3, MQTT and a proxy's HTTP know.
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
  /// Of the error; kinds that are as good stand behind it.
  std::vector<std::string> kinds;
  std::vector<std::string> options = {};
  /// The server is the proxy, and then the endpoint behind it.
  bool proxy = false;
};

/// In the handshake, before the server has proved who it is.
[[nodiscard]] std::vector<Flood> handshake_floods();
/// Of TLS, in a session that is up.
[[nodiscard]] std::vector<Flood> session_floods();
/// Of each packet type of MQTT: while a SUBSCRIBE waits for its answer, and while a request does.
[[nodiscard]] std::vector<Flood> mqtt_floods();
[[nodiscard]] std::vector<Flood> proxy_floods();

}  // namespace fleet_provision::test
