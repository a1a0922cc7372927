// The listener on loopback accepts only this process; the bridge transfers large packets unchanged in both directions.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "adapters/mqtt/loopback_listener.hpp"
#include "adapters/mqtt/tls_bridge.hpp"
#include "adapters/network/tcp.hpp"
#include "tests/adapters/dial.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// Starts another process that connects and reports whether the connection was closed without a byte.
pid_t other_process(std::uint16_t port) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const Descriptor socket = dial(port);
  char byte = 0;
  ::_exit(socket && ::recv(socket.get(), &byte, 1, 0) <= 0 ? 0 : 1);
}

struct ListenerFixture {
  Interrupt interrupt;
  Descriptor stop{::eventfd(0, EFD_CLOEXEC)};
  Wait wait{interrupt, stop.get()};
  LoopbackListener listener = std::move(*LoopbackListener::open());
};

Instant soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

}  // namespace

TEST_CASE("a connection of another process is refused, our own is accepted after it, and the port is closed") {
  ListenerFixture fixture;
  const std::uint16_t port = fixture.listener.port();
  const pid_t child = other_process(port);
  Result<OwnConnection> admitted(fail(ErrorKind::kInternal, ""));
  std::thread admitting([&] { admitted = fixture.listener.admit(soon(), fixture.wait); });
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  const Descriptor ours = dial(port);
  REQUIRE(ours);
  admitting.join();
  REQUIRE(admitted);
  CHECK(::send(ours.get(), "x", 1, 0) == 1);
  char byte = 0;
  pollfd readable{admitted->ours.get(), POLLIN, 0};
  CHECK(::poll(&readable, 1, 5'000) == 1);
  CHECK(::recv(admitted->ours.get(), &byte, 1, 0) == 1);
  CHECK_FALSE(dial(port));
}

TEST_CASE("other processes that flood the port are not accepted and do not delay us, and the error names them") {
  constexpr int kOthers = 4;
  for (const bool we_come : {true, false}) {
    ListenerFixture fixture;
    const std::uint16_t port = fixture.listener.port();
    std::vector<pid_t> children;
    for (int i = 0; i < kOthers; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        // Connects until the port is closed or the parent process has ended.
        while (::getppid() != 1 && dial(port)) {
        }
        ::_exit(0);
      }
      children.push_back(child);
    }
    Result<OwnConnection> admitted(fail(ErrorKind::kInternal, ""));
    const auto time = we_come ? std::chrono::milliseconds(10'000) : std::chrono::milliseconds(300);
    std::thread admitting(
        [&] { admitted = fixture.listener.admit(std::chrono::steady_clock::now() + time, fixture.wait); });
    const Descriptor ours = we_come ? dial(port) : Descriptor();
    admitting.join();
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    REQUIRE(admitted.has_value() == we_come);
    if (we_come) CHECK(admitted->theirs == ours.get());
    if (we_come) continue;
    CHECK(admitted.error().kind == ErrorKind::kNoAnswer);
    CHECK(admitted.error().message.find("other processes of this machine connected to it") != std::string::npos);
    CHECK(admitted.error().hint.find("stop the process") != std::string::npos);
  }
}

TEST_CASE("without a connection the deadline, an interrupt and a close end the wait") {
  {
    ListenerFixture fixture;
    CHECK_FALSE(fixture.listener.admit(std::chrono::steady_clock::now(), fixture.wait));
  }
  {
    ListenerFixture fixture;
    fixture.interrupt.raise(ErrorKind::kTerminated);
    const auto admitted = fixture.listener.admit(soon(), fixture.wait);
    REQUIRE_FALSE(admitted);
    CHECK(admitted.error().kind == ErrorKind::kTerminated);
  }
  {
    ListenerFixture fixture;
    ::eventfd_write(fixture.stop.get(), 1);
    CHECK_FALSE(fixture.listener.admit(soon(), fixture.wait));
  }
}

TEST_CASE("payloads up to the limit pass whole in both directions, however the server is cut up") {
  const std::size_t size =
      GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{16 * 1024 + 1}, std::size_t{128 * 1024});
  ScriptedBroker broker(broker_options(), [](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const bool v5 = is_v5(connection.packet());
    connection.send(connack(v5));
    connection.send(suback(v5, connection.packet(), {1, 1, 1, 1}));
    const std::string request = connection.packet();
    const std::string echoed = request.substr(request.find("t/create") + 8 + 2 + (v5 ? 1 : 0));
    const std::string answer = publish(v5, "t/create/accepted", echoed, 3);
    for (std::size_t i = 0; i < answer.size(); i += 1000) connection.send(answer.substr(i, 1000));
    while (!connection.packet().empty()) {
    }
  });
  TransportFixture fixture(broker.port());
  fixture.request.mqtt_version = size % 2 == 0 ? MqttVersion::k5 : MqttVersion::k311;
  const auto session = fixture.connect();
  REQUIRE(session->established());
  REQUIRE(session->subscribe(answer_topics()));
  std::string payload(size, 'a');
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>('a' + i % 23);
  REQUIRE(session->publish("t/create", payload));
  const auto answer = session->receive(soon());
  INFO((answer ? "" : answer.error().message));
  REQUIRE(answer);
  CHECK(answer->payload.reveal() == payload);
  session->close();
}

TEST_CASE("a library that closes without reading a packet has its DISCONNECT forwarded") {
  std::atomic<int> last = 0;
  {
    ScriptedBroker broker(broker_options(), [&last](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connection.send(connack(is_v5(connection.packet())));
      last = type_of(connection.packet());
      connection.wait_for_close();
    });
    const TransportFixture fixture(broker.port());
    TrustedRoots roots(fixture.options.ca_file);
    KeyDevices devices;
    const auto credentials = TlsCredentials::load(fixture.options, roots, devices);
    REQUIRE(credentials);
    const Interrupt interrupt;
    const Descriptor stop(::eventfd(0, EFD_CLOEXEC));
    const Wait wait(interrupt, stop.get());
    Descriptor socket = dial(broker.port());
    REQUIRE(socket);
    REQUIRE(::fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0);
    auto server =
        TlsConnection::open(std::move(socket), *credentials, {"localhost", "", "the broker", ""}, soon(), wait);
    REQUIRE(server);
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    const Descriptor ours(ends[0]);
    Descriptor library(ends[1]);
    const std::string connect("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01g", 15);
    REQUIRE(::send(library.get(), connect.data(), connect.size(), 0) == 15);
    PahoWaker waker;
    // Called after the CONNACK was read from the server and before it is written to the library.
    const auto close_at_connack = [&library](const MqttPacket& packet) {
      if (packet.type != MqttPacketType::kConnack) return true;
      const std::string disconnect("\xe0\x00", 2);
      CHECK(::send(library.get(), disconnect.data(), disconnect.size(), 0) == 2);
      library.reset();
      return true;
    };
    TlsBridge bridge(*server, ours.get(), waker, close_at_connack, [](MqttMessage) {});
    const BridgeEnd end = bridge.run(wait);
    CHECK_FALSE(end.error);
    CHECK_FALSE(end.server_closed);
  }
  CHECK(last == 14);
}
