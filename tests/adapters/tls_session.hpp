// A TLS connection to a scripted broker, without MQTT.
#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "adapters/network/tls_connection.hpp"
#include "tests/adapters/dial.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision::test {

class TlsSession {
 public:
  /// The handshake may take `limit`; its result is `opened`. `prepare` changes the context before it.
  explicit TlsSession(
      ScriptedBroker::Script script, const BrokerOptions& options = broker_options(),
      const TlsPeer& peer = {"localhost", "", "the broker", ""}, Milliseconds limit = std::chrono::minutes(1),
      const std::function<void(SSL_CTX&)>& prepare = [](SSL_CTX&) {})
      : broker_(options, std::move(script)), files_(broker_.port()), roots_(files_.options.ca_file) {
    auto loaded = TlsCredentials::load(files_.options, roots_, devices_);
    REQUIRE(loaded);
    credentials_.emplace(std::move(*loaded));
    prepare(credentials_->context());
    Descriptor socket = dial(broker_.port());
    REQUIRE(socket);
    REQUIRE(::fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0);
    opened =
        TlsConnection::open(std::move(socket), *credentials_, peer, std::chrono::steady_clock::now() + limit, wait_);
  }

  /// Waits until the server has sent something.
  [[nodiscard]] bool readable() const {
    return wait_.until(opened->descriptor(), POLLIN, std::chrono::steady_clock::now() + std::chrono::minutes(1))
        .value();
  }

 private:
  Interrupt interrupt_;
  Descriptor stop_{::eventfd(0, EFD_CLOEXEC)};
  Wait wait_{interrupt_, stop_.get()};
  ScriptedBroker broker_;
  TransportFixture files_;
  TrustedRoots roots_;
  KeyDevices devices_;
  std::optional<TlsCredentials> credentials_;

 public:
  // Declared last: it is closed first, and the broker then ends.
  Result<TlsConnection> opened = fail(ErrorKind::kInternal, "not opened");
};

}  // namespace fleet_provision::test
