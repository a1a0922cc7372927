// A PahoTransport with everything it needs, ready to connect to a port of this machine.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "adapters/mqtt/paho_transport.hpp"
#include "tests/fakes/recording_observer.hpp"
#include "tests/fakes/scripted_broker.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

/// One PKI for a whole test program, because creating keys takes time and is not under test.
inline const TestPki& pki() {
  static const TestPki made;
  return made;
}

class TransportFixture {
 public:
  explicit TransportFixture(std::uint16_t port) {
    // As in main: Paho would use this proxy even for connections to this machine.
    ::unsetenv("http_proxy");
    const IssuedCertificate claim = pki().claim();
    options.endpoint = {"localhost", port};
    options.ca_file = files.write("ca.pem", pki().root());
    options.certificate_file = files.write("claim.pem", claim.certificate);
    options.key_reference = files.write("claim.key", claim.key);
    request.client_id = "gateway-1";
    request.request_timeout = Milliseconds{10'000};
    request.run_deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  }

  /// Loads and connects, once; the transport lives as long as the fixture.
  std::unique_ptr<Session> connect() {
    transport = std::make_unique<PahoTransport>(std::move(options), interrupt, observer);
    const auto loaded = transport->load_credentials();
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return transport->connect(request);
  }

  TemporaryDirectory files;
  ConnectionOptions options;
  ConnectRequest request;
  Interrupt interrupt;
  RecordingObserver observer;
  std::unique_ptr<PahoTransport> transport;
};

inline BrokerOptions broker_options() {
  BrokerOptions options;
  options.server = pki().server();
  options.client_root = pki().root();
  return options;
}

inline const std::vector<std::string>& answer_topics() {
  static const std::vector<std::string> topics{"t/create/accepted", "t/create/rejected", "t/register/accepted",
                                               "t/register/rejected"};
  return topics;
}

/// Connects, subscribes and sends one request; returns the response or the first error.
inline Result<Message> exchange(Session& session) {
  FP_TRY(session.established());
  FP_TRY(session.subscribe(answer_topics()));
  FP_TRY(session.publish("t/create", "{\"secret\":\"4711\"}"));
  return session.receive(std::chrono::steady_clock::now() + std::chrono::seconds(10));
}

}  // namespace fleet_provision::test
