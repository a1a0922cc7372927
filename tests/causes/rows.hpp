// One row for each cause of failure: a server, the options of the program, and the expected output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/scripted_broker.hpp"
#include "tests/fakes/test_pki.hpp"

namespace fleet_provision::test::causes {

inline constexpr const char* kAwsName = "abc123-ats.iot.eu-west-1.amazonaws.com";
inline constexpr const char* kOnce = "--attempts=1";

inline const TestPki& pki() {
  static const TestPki made;
  return made;
}

struct Row {
  std::string name;
  std::optional<BrokerOptions> server = {};
  ScriptedBroker::Script script = {};
  std::vector<std::string> arguments = {};
  int exit_code = 0;
  std::string kind;
  std::vector<std::string> message = {};
  std::vector<std::string> hint = {};
  std::vector<std::string> environment = {};
  std::vector<std::string> before = {};
  /// `claim`, of today, or `old-claim`.
  std::string claim = "claim";
};

inline BrokerOptions good() {
  BrokerOptions options;
  options.server = pki().server();
  options.client_root = pki().root();
  return options;
}

inline BrokerOptions showing(const IssuedCertificate& server, int tls = 0) {
  BrokerOptions options = good();
  options.server = server;
  options.tls_version = tls;
  return options;
}

inline void swallow(BrokerConnection& connection) {
  if (connection.shake_hands()) connection.packet();
}

inline ScriptedBroker::Script saying(const std::string& text) {
  return [text](BrokerConnection& connection) {
    connection.read_plain();
    connection.send_plain(text);
  };
}

/// Faulty servers and rejected claims, up to the end of the TLS handshake.
[[nodiscard]] std::vector<Row> tls_rows();
/// OpenSSL configurations that would allow weaker TLS, or that leave no usable TLS.
[[nodiscard]] std::vector<Row> configuration_rows();

}  // namespace fleet_provision::test::causes
