// Both sides of a bridge may read slowly: nothing is lost, and the other side is read meanwhile.
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/prctl.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "tests/adapters/bridge_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// Lets the script of a broker wait for the test.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

std::string two_bytes(std::size_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)};
}

/// A variable byte integer of three bytes (MQTT 5.0 section 1.5.5).
std::string three_bytes(std::size_t value) {
  return {static_cast<char>((value & 0x7FU) | 0x80U), static_cast<char>(((value >> 7U) & 0x7FU) | 0x80U),
          static_cast<char>(value >> 14U)};
}

/// A CONNACK with one user property (MQTT 5.0 section 3.2.2.3.10) of this size.
std::string large_connack(std::size_t size) {
  std::string value(size, ' ');
  for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>('a' + i % 23);
  const std::string property = std::string(1, '\x26') + two_bytes(1) + "k" + two_bytes(size) + value;
  const std::string body = std::string(2, '\0') + three_bytes(property.size()) + property;
  return std::string(1, '\x20') + three_bytes(body.size()) + body;
}

void make_small(const Descriptor& socket, int option) {
  const int small = 4096;
  REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, option, &small, sizeof small) == 0);
}

}  // namespace

TEST_CASE("a library that reads slowly gets every byte, also when the server has closed") {
  for (const bool closes : {true, false}) {
    const std::string granted = large_connack(60'000);
    BridgeFixture fixture([&](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connection.packet();
      connection.send(granted);
      if (!closes) connection.packet();
    });
    make_small(fixture.ours, SO_SNDBUF);
    fixture.send(kConnect5);
    WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
    std::string bytes;
    // Each look finds as much as the socket holds, while the bridge waits for room.
    while (bytes.size() < granted.size() && bridge.sleeps()) bytes += fixture.received();
    if (!closes) fixture.send(kDisconnect);
    const BridgeEnd end = bridge.result();
    bytes += fixture.received();
    CHECK(bytes == granted);
    CHECK(end.server_closed == closes);
    CHECK_FALSE(end.error);
  }
}

TEST_CASE("a library that closes in the middle of a packet ends the bridge") {
  const std::string granted = large_connack(60'000);
  BridgeFixture fixture([&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    connection.send(granted);
    connection.wait_for_close();
  });
  make_small(fixture.ours, SO_SNDBUF);
  fixture.send(kConnect5);
  WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
  CHECK(bridge.sleeps());
  pollfd polled{fixture.library.get(), POLLIN, 0};
  REQUIRE(::poll(&polled, 1, 60'000) == 1);
  char byte = 0;
  CHECK(::recv(fixture.library.get(), &byte, 1, 0) == 1);
  fixture.library.reset();
  const BridgeEnd end = bridge.result();
  CHECK_FALSE(end.error);
  CHECK_FALSE(end.server_closed);
}

TEST_CASE("a server that reads slowly gets every byte, and what it sends meanwhile arrives") {
  Gate gate;
  std::string received;
  const std::string head =
      std::string(1, '\x30') + three_bytes(2 + 3 + 1 + 120'000) + two_bytes(3) + "t/r" + std::string(1, '\0');
  const std::string request = head + std::string(120'000, 'r');
  {
    BridgeFixture fixture([&](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      received = connection.packet();
      gate.wait();
      connection.send(connack(true));
      for (std::string packet = connection.packet(); !packet.empty(); packet = connection.packet()) received += packet;
    });
    const Descriptor socket(::fcntl(fixture.server->descriptor(), F_DUPFD_CLOEXEC, 0));
    make_small(socket, SO_SNDBUF);
    fixture.send(kConnect5 + request);
    WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
    CHECK(bridge.sleeps());
    gate.open();
    std::string bytes;
    while (bytes.size() < 5 && bridge.sleeps()) bytes += fixture.received();
    CHECK(bytes == connack(true));
    fixture.send(kDisconnect);
    const BridgeEnd end = bridge.result();
    CHECK_FALSE(end.error);
    CHECK_FALSE(end.server_closed);
    fixture.server.reset();
  }
  CHECK(received == kConnect5 + request + kDisconnect);
}

TEST_CASE("what OpenSSL has received with an earlier packet is read without another byte from the server") {
  BridgeFixture fixture([](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    // Two TLS records in one segment.
    const int socket = SSL_get_fd(connection.ssl());
    for (const int cork : {1, 0}) {
      ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
      if (cork == 0) continue;
      connection.send(connack(true));
      connection.send(disconnect(142));
    }
    connection.wait_for_close();
  });
  fixture.refused = MqttPacketType::kDisconnect;
  fixture.send(kConnect5);
  const BridgeEnd end = fixture.run();
  CHECK_FALSE(end.error);
  CHECK_FALSE(end.server_closed);
  CHECK(fixture.received() == connack(true));
}

TEST_CASE("a library that sleeps over bytes that it was sent is woken") {
  BridgeFixture fixture([](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    connection.send(connack(true));
    connection.wait_for_close();
  });
  WaitingThread<std::string> library([&] {
    ::prctl(PR_SET_NAME, "MQTTAsync_rcv");
    return ::poll(nullptr, 0, -1) < 0 ? fixture.received() : "not woken";
  });
  REQUIRE(library.sleeps());
  fixture.send(kConnect5);
  WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
  CHECK(library.result() == connack(true));
  fixture.send(kDisconnect);
  CHECK_FALSE(bridge.result().error);
}

TEST_CASE("what the server said before it reset the connection is still reported") {
  Gate gate;
  BridgeFixture fixture([&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    connection.packet();
    connection.send(connack(true));
    gate.wait();
    connection.send(disconnect(142));
    connection.cut(true);
  });
  fixture.send(kConnect5);
  WaitingThread<BridgeEnd> bridge([&] { return fixture.run(); });
  std::string bytes;
  while (bytes.size() < 5 && bridge.sleeps()) bytes += fixture.received();
  gate.open();
  const BridgeEnd end = bridge.result();
  CHECK(end.server_closed);
  CHECK(fixture.packets.back().starts_with("< DISCONNECT"));
}
