// How a bridge ends, what both sides have received by then, and what it reported.
#include <openssl/ssl.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/adapters/bridge_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;
using Packets = std::vector<std::string>;

/// What the server received, and whether close_notify was the last of it.
struct Received {
  std::string bytes;
  std::atomic<bool> closed_cleanly = false;
};

/// Reads until the end of the connection.
void read_all(BrokerConnection& connection, Received& received) {
  for (std::string packet = connection.packet(); !packet.empty(); packet = connection.packet())
    received.bytes += packet;
  received.closed_cleanly = (SSL_get_shutdown(connection.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

ScriptedBroker::Script recording(Received& received, const std::string& answer = "") {
  return [&received, answer](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    received.bytes = connection.packet();
    connection.send(answer);
    read_all(connection, received);
  };
}

bool is_recent(Milliseconds time) {
  return time >= Milliseconds{0} && time < std::chrono::minutes(10);
}

}  // namespace

TEST_CASE("when the library closes, the server has received all its bytes and close_notify") {
  for (const std::string& disconnect : {std::string(), kDisconnect}) {
    Received received;
    {
      BridgeFixture fixture(recording(received));
      fixture.send(kConnect5 + disconnect);
      if (disconnect.empty()) fixture.library.reset();
      const BridgeEnd end = fixture.run();
      CHECK_FALSE(end.error);
      CHECK_FALSE(end.server_closed);
      CHECK(is_recent(end.since_last_sent));
      fixture.server.reset();
      CHECK(fixture.packets.size() == (disconnect.empty() ? 1 : 2));
    }
    CHECK(received.bytes == kConnect5 + disconnect);
    CHECK(received.closed_cleanly);
  }
}

TEST_CASE("when the server closes, the library has received all its bytes") {
  const std::string granted = connack(true);
  BridgeFixture fixture([&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    connection.send(granted);
  });
  fixture.send(kConnect5);
  const BridgeEnd end = fixture.run();
  CHECK_FALSE(end.error);
  CHECK(end.server_closed);
  CHECK(is_recent(end.since_last_sent));
  CHECK(fixture.received() == granted);
  CHECK(fixture.packets == Packets{"> CONNECT 16 bytes", "< CONNACK 5 bytes, code 0"});
}

TEST_CASE("a server that refuses the client's certificate ends the bridge with its alert") {
  BrokerOptions options = broker_options();
  options.client_root = TestPki("other root").root();
  options.tls_version = TLS1_3_VERSION;
  BridgeFixture fixture([](BrokerConnection& connection) { static_cast<void>(connection.shake_hands()); }, options);
  const BridgeEnd end = fixture.run();
  CHECK(end.server_closed);
  REQUIRE(end.error);
  CHECK(end.error->kind == kClaimRefused);
  CHECK(fixture.received().empty());
}

TEST_CASE("a packet that is refused does not reach the library") {
  Received received;
  {
    BridgeFixture fixture(recording(received, connack(true, 135)));
    fixture.refused = MqttPacketType::kConnack;
    fixture.send(kConnect5);
    const BridgeEnd end = fixture.run();
    CHECK_FALSE(end.error);
    CHECK_FALSE(end.server_closed);
    CHECK(fixture.received().empty());
    fixture.server.reset();
  }
  CHECK(received.closed_cleanly);
}

TEST_CASE("bytes that are not MQTT end the bridge, from each side") {
  Received received;
  {
    BridgeFixture fixture(recording(received));
    fixture.send(kConnect5 + "\xff\xff\xff\xff\xff");
    const BridgeEnd end = fixture.run();
    REQUIRE(end.error);
    CHECK(end.error->kind == kInternal);
    CHECK_FALSE(end.server_closed);
    fixture.server.reset();
  }
  CHECK(received.bytes.empty());
  CHECK_FALSE(received.closed_cleanly);

  BridgeFixture fixture(recording(received, connack(true) + "\xff\xff\xff\xff\xff"));
  fixture.send(kConnect5);
  const BridgeEnd end = fixture.run();
  REQUIRE(end.error);
  CHECK(end.error->kind == kMalformedAnswer);
  CHECK_FALSE(end.server_closed);
  // What was well-formed is reported, so that the error belongs to the right step.
  CHECK(fixture.packets == Packets{"> CONNECT 16 bytes", "< CONNACK 5 bytes, code 0"});
}

TEST_CASE("an interrupt and the close of the session end the bridge, asleep or before it begins") {
  for (const bool stopped : {true, false}) {
    for (const bool asleep : {true, false}) {
      Received received;
      {
        BridgeFixture fixture(recording(received));
        const auto end_it = [&] {
          if (stopped) {
            REQUIRE(::eventfd_write(fixture.stop.get(), 1) == 0);
          } else {
            fixture.interrupt.raise(kTerminated);
          }
        };
        fixture.send(kConnect5);
        if (!asleep) end_it();
        WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
        if (asleep) {
          CHECK(bridge.sleeps());
          end_it();
        }
        const BridgeEnd end = bridge.result();
        REQUIRE(end.error);
        CHECK(end.error->kind == (stopped ? kInternal : kTerminated));
        CHECK_FALSE(end.server_closed);
        fixture.server.reset();
        if (!asleep) CHECK(fixture.packets.empty());
      }
      if (!asleep) CHECK(received.bytes.empty());
      CHECK_FALSE(received.closed_cleanly);
    }
  }
}

TEST_CASE("each message is reported before its packet, and the library gets it without the payload") {
  const std::string filters("\x82\x09\x00\x01\x00\x00\x03t/a\x01", 11);
  const std::string request("\x32\x0a\x00\x03t/r\x00\x02\x00{}", 12);
  Received received;
  BridgeFixture fixture([&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    connection.send(connack(true));
    connection.send(granting_suback(true, connection.packet()));
    connection.send(puback(true, connection.packet()) + publish(true, "t/a", "secret", 7) +
                    publish(true, "t/a", "{}", 8));
    read_all(connection, received);
  });
  fixture.send(kConnect5);
  WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
  std::string bytes;
  const auto read_until = [&](std::size_t size) {
    while (bytes.size() < size && bridge.sleeps()) bytes += fixture.received();
  };
  read_until(5);
  fixture.send(filters);
  read_until(11);
  fixture.send(request);
  const std::string expected = connack(true) + std::string("\x90\x04\x00\x01\x00\x01", 6) +
                               std::string("\x40\x02\x00\x02", 4) + publish(true, "t/a", "", 7) +
                               publish(true, "t/a", "", 8);
  read_until(expected.size());
  CHECK(bytes == expected);
  fixture.send(kDisconnect);
  CHECK_FALSE(bridge.result().error);
  CHECK(fixture.packets.size() == 11);
  // The messages of one TLS record come before its packets.
  const Packets last(fixture.packets.end() - 6, fixture.packets.end());
  CHECK(last[0] == "= t/a secret");
  CHECK(last[1] == "= t/a {}");
  CHECK(last[2].starts_with("< PUBACK"));
  CHECK(last[3].starts_with("< PUBLISH"));
  CHECK(last[4].starts_with("< PUBLISH"));
  CHECK(last[5].starts_with("> DISCONNECT"));
}
