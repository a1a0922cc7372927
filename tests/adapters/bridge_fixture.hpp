// A TLS bridge between a scripted broker and a library that the test plays.
#pragma once

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/mqtt/tls_bridge.hpp"
#include "tests/adapters/tls_session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/waiting_thread.hpp"

namespace fleet_provision::test {

/// CONNECT of client g, in each version.
inline const std::string kConnect5("\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01g", 16);
inline const std::string kConnect311("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01g", 15);
inline const std::string kDisconnect("\xe0\x00", 2);

class BridgeFixture {
 public:
  explicit BridgeFixture(ScriptedBroker::Script script, const BrokerOptions& options = broker_options())
      : session_(std::move(script), options) {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    ours = Descriptor(ends[0]);
    library = Descriptor(ends[1]);
    REQUIRE(session_.opened);
    server.emplace(std::move(*session_.opened));
    waker = PahoWaker(library.get());
  }

  /// Runs the bridge until it ends.
  BridgeEnd run() {
    TlsBridge bridge(
        *server, ours.get(), waker,
        [this](const MqttPacket& packet) {
          packets.push_back(describe(packet));
          return packet.type != refused;
        },
        [this](MqttMessage message) {
          packets.push_back("= " + message.topic + " " + std::string(message.payload.reveal()));
        });
    return bridge.run(wait);
  }

  void send(const std::string& bytes) const {
    CHECK(::send(library.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  /// What the library can read at once.
  [[nodiscard]] std::string received() const {
    std::string bytes(256 * 1024, '\0');
    std::size_t count = 0;
    for (ssize_t size = 0; (size = ::recv(library.get(), bytes.data() + count, bytes.size() - count, 0)) > 0;)
      count += static_cast<std::size_t>(size);
    return bytes.substr(0, count);
  }

  Interrupt interrupt;
  Descriptor stop{::eventfd(0, EFD_CLOEXEC)};
  Wait wait{interrupt, stop.get()};
  Descriptor ours;
  Descriptor library;
  PahoWaker waker;
  /// Packets as text, and messages as `= TOPIC PAYLOAD`, in the order in which they are reported.
  std::vector<std::string> packets;
  /// The bridge is told to refuse packets of this type.
  std::optional<MqttPacketType> refused;

 private:
  TlsSession session_;

 public:
  // Declared last: it is closed first, and the broker then ends.
  std::optional<TlsConnection> server;
};

}  // namespace fleet_provision::test
