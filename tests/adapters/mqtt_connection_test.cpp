// A connection below Paho, with a library that the test plays: it connects late, never, or as Paho does.
#include "adapters/mqtt/mqtt_connection.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

constexpr std::chrono::minutes kMinute{1};

class ConnectionFixture {
 public:
  explicit ConnectionFixture(ScriptedBroker::Script script, const BrokerOptions& options = broker_options())
      : broker_(options, std::move(script)), files(broker_.port()), roots_(files.options.ca_file) {
    auto loaded = TlsCredentials::load(files.options, roots_, devices_);
    REQUIRE(loaded);
    credentials_.emplace(std::move(*loaded));
    connection.emplace(files.options, *credentials_, files.interrupt, files.observer, files.request);
  }
  /// Connects as the library does, blocking.
  [[nodiscard]] Descriptor library() const {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(connection->port());
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
  }
  /// The error with which the connection ended.
  Error error() {
    REQUIRE(connection->state().await_end(kMinute));
    const auto checked = connection->state().check();
    REQUIRE_FALSE(checked);
    return checked.error();
  }

 private:
  ScriptedBroker broker_;

 public:
  TransportFixture files;

 private:
  TrustedRoots roots_;
  KeyDevices devices_;
  std::optional<TlsCredentials> credentials_;

 public:
  std::optional<MqttConnection> connection;
};

std::string received(const Descriptor& socket, std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = ::recv(socket.get(), bytes.data(), size, MSG_WAITALL);
  return bytes.substr(0, count > 0 ? static_cast<std::size_t>(count) : 0);
}

/// How many threads of this process block SIGPIPE; proc_pid_status(5).
int threads_without_sigpipe() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string name, value; status >> name;) {
      if (name != "SigBlk:") continue;
      status >> value;
      if ((std::stoull(value, nullptr, 16) >> (SIGPIPE - 1) & 1U) != 0) ++count;
    }
  }
  return count;
}

const std::string kPingresp("\xd0\x00", 2);
const std::string kConnect("\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01g", 16);

}  // namespace

TEST_CASE("a server that sends, closes or refuses before the library has connected is the cause") {
  {
    ConnectionFixture fixture([](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connection.send("220 mail");
      connection.wait_for_close();
    });
    const Error error = fixture.error();
    CHECK(error.kind == kMalformedAnswer);
    CHECK(error.message.ends_with(" sent data before our CONNECT"));
  }
  {
    ConnectionFixture fixture([](BrokerConnection& connection) { static_cast<void>(connection.shake_hands()); });
    const Error error = fixture.error();
    CHECK(error.kind == kConnectionLost);
    CHECK(error.phase == Phase::kMqtt);
    CHECK(error.closed_after == Milliseconds{0});
    CHECK(error.message.starts_with("localhost (127.0.0.1), port "));
  }
  BrokerOptions refusing = broker_options();
  refusing.client_root = TestPki("other root").root();
  refusing.tls_version = TLS1_3_VERSION;
  ConnectionFixture fixture([](BrokerConnection& connection) { static_cast<void>(connection.shake_hands()); },
                            refusing);
  CHECK(fixture.error().kind == kClaimRefused);
}

TEST_CASE("session tickets are no data") {
  ConnectionFixture fixture(serve);
  const auto secured = [&] { return fixture.files.observer.phases().ends_with("+mqtt"); };
  while (!secured()) std::this_thread::yield();
  const Descriptor library = fixture.library();
  CHECK(received(library, 2) == kPingresp);
  REQUIRE(::send(library.get(), kConnect.data(), kConnect.size(), 0) == 16);
  CHECK(received(library, 5) == connack(true));
  CHECK(fixture.connection->state().await_connack());
}

TEST_CASE("the threads of a connection are ended by no SIGPIPE, and the caller's signals stay as they are") {
  const int before = threads_without_sigpipe();
  ConnectionFixture fixture(serve);
  while (!fixture.files.observer.phases().ends_with("+mqtt")) std::this_thread::yield();
  // One waits for the library, the other for the server.
  CHECK(threads_without_sigpipe() == before + 2);
}

TEST_CASE("an interrupt and the close by the owner end the wait for the library") {
  for (const bool closes : {true, false}) {
    ConnectionFixture fixture(serve);
    while (!fixture.files.observer.phases().ends_with("+mqtt")) std::this_thread::yield();
    if (closes) {
      fixture.connection->close(Milliseconds{0});
    } else {
      fixture.files.interrupt.raise(kTerminated);
    }
    CHECK(fixture.error().kind == (closes ? kInternal : kTerminated));
  }
}

TEST_CASE("a connection that has ended leaves the library's socket to it, and is closed on our side") {
  std::string received_by_server;
  Descriptor library;
  {
    ConnectionFixture fixture([&](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      received_by_server = connection.packet();
      connection.send(connack(true));
      received_by_server += connection.packet();
    });
    CHECK(fixture.connection->port() != 0);
    library = fixture.library();
    CHECK(received(library, 2) == kPingresp);
    REQUIRE(::send(library.get(), kConnect.data(), kConnect.size(), 0) == 16);
    CHECK(received(library, 5) == connack(true));
    const std::string disconnect("\xe0\x00", 2);
    REQUIRE(::send(library.get(), disconnect.data(), disconnect.size(), 0) == 2);
    fixture.connection->close(kMinute);
    CHECK(received(library, 1).empty());
    CHECK(fixture.connection->state().check().error().message == "the connection is closed");
    CHECK(fixture.files.observer.phases() == "+resolve -resolve +tcp -tcp +tls -tls +mqtt -mqtt");
  }
  CHECK(received_by_server == kConnect + std::string("\xe0\x00", 2));
  const int number = library.get();
  library.reset();
  CHECK(occupy_number_of_last_socket().get() == number);
}
