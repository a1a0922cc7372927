// A missing response ends each step at the request timeout, an interrupt ends each wait at once, and the memory use
// does not grow.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/system/descriptor.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// A server that works up to a step and then only reads.
ScriptedBroker::Script silent_after(int step) {
  return [step](BrokerConnection& connection) {
    if (step == 0) return connection.wait_for_close();
    if (!connection.shake_hands()) return;
    const std::string connect = connection.packet();
    if (connect.empty()) return;
    const bool v5 = is_v5(connect);
    if (step >= 2) connection.send(connack(v5));
    const std::string subscribe = step >= 3 ? connection.packet() : "";
    if (type_of(subscribe) == 8) connection.send(suback(v5, subscribe, {1, 1, 1, 1}));
    while (!connection.packet().empty()) {
    }
  };
}

/// A listener whose queue is full: the next SYN is dropped.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 0) == 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    for (Descriptor& each : clients_) {
      each = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(each.get(), reinterpret_cast<sockaddr*>(&address), size));
    }
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Descriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
  Descriptor clients_[4];
  std::uint16_t port_ = 0;
};

struct Step {
  int step;
  ErrorKind kind;
  Phase phase;
};

}  // namespace

TEST_CASE("a server that falls silent ends the wait at the request timeout") {
  for (const Step& each :
       {Step{0, kTlsTimeout, Phase::kTls}, Step{1, kNoAnswer, Phase::kMqtt}, Step{2, kNoAnswer, Phase::kSubscribe}}) {
    INFO(each.step);
    ScriptedBroker broker(broker_options(), silent_after(each.step));
    TransportFixture fixture(broker.port());
    fixture.request.request_timeout = Milliseconds{300};
    const auto session = fixture.connect();
    const auto answer = exchange(*session);
    session->close();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == each.kind);
    CHECK(answer.error().phase == each.phase);
  }
}

TEST_CASE("an answer that does not come ends at its deadline") {
  ScriptedBroker broker(broker_options(), silent_after(3));
  TransportFixture fixture(broker.port());
  const auto session = fixture.connect();
  REQUIRE(session->established());
  REQUIRE(session->subscribe(answer_topics()));
  REQUIRE(session->publish("t/create", "{}"));
  const auto answer = session->receive(std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == kNoAnswer);
  session->close();
}

TEST_CASE("a port that drops packets is a connection timeout") {
  const FullListener listener;
  TransportFixture fixture(listener.port());
  // Not by name: if localhost is also ::1, that address refuses the connection, and a refusal is reported rather than a
  // timeout.
  fixture.options.endpoint.host = "127.0.0.1";
  fixture.request.request_timeout = Milliseconds{300};
  const auto session = fixture.connect();
  const auto established = session->established();
  REQUIRE_FALSE(established);
  CHECK(established.error().kind == kConnectionTimeout);
  CHECK(established.error().phase == Phase::kTcp);
}

TEST_CASE("the deadline of the run ends every wait too") {
  ScriptedBroker broker(broker_options(), silent_after(0));
  TransportFixture fixture(broker.port());
  fixture.request.run_deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  const auto session = fixture.connect();
  const auto established = session->established();
  REQUIRE_FALSE(established);
  CHECK(established.error().kind == kTlsTimeout);
}

TEST_CASE("an interrupt ends each wait with its own kind") {
  for (const ErrorKind kind : {kInterrupted, kTerminated}) {
    for (const int step : {0, 1, 2, 3}) {
      INFO(step);
      ScriptedBroker broker(broker_options(), silent_after(step));
      TransportFixture fixture(broker.port());
      fixture.request.request_timeout = Milliseconds{20'000};
      const auto session = fixture.connect();
      std::thread signal([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fixture.interrupt.raise(kind);
      });
      const auto answer = exchange(*session);
      session->close();
      signal.join();
      REQUIRE_FALSE(answer);
      CHECK(answer.error().kind == kind);
    }
    {
      // A proxy that reads the request and does not respond.
      ScriptedBroker proxy(broker_options(), silent_after(0));
      TransportFixture fixture(8883);
      fixture.options.proxy = Proxy{"localhost", proxy.port(), "", Secret()};
      const auto session = fixture.connect();
      std::thread signal([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fixture.interrupt.raise(kind);
      });
      const auto established = session->established();
      signal.join();
      REQUIRE_FALSE(established);
      CHECK(established.error().kind == kind);
      CHECK(established.error().phase == Phase::kProxy);
    }
    const FullListener listener;
    TransportFixture fixture(listener.port());
    const auto session = fixture.connect();
    fixture.interrupt.raise(kind);
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == kind);
  }
}

TEST_CASE("a session can be closed at any moment") {
  for (const int step : {0, 1, 2, 3}) {
    ScriptedBroker broker(broker_options(), silent_after(step));
    TransportFixture fixture(broker.port());
    const auto session = fixture.connect();
    session->close();
    session->close();
    CHECK_FALSE(session->established());
  }
}

TEST_CASE("answers that are not received do not outlive their clients") {
  constexpr int kSessions = 100;
  const std::string large(128 * 1024, 'x');
  std::mutex mutex;
  std::condition_variable changed;
  int sent = 0;
  ScriptedBroker broker(broker_options(), [&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const bool v5 = is_v5(connection.packet());
    connection.send(connack(v5));
    connection.send(granting_suback(v5, connection.packet()));
    const std::string request = connection.packet();
    for (int i = 0; i < 3; ++i) connection.send(publish(v5, topic_of(request) + "/accepted", large, 7));
    // Waits for the PUBACKs, which show that the library has received all messages.
    for (int i = 0; i < 3 && !connection.packet().empty(); ++i) {
    }
    const std::lock_guard lock(mutex);
    ++sent;
    changed.notify_all();
  });
  TransportFixture fixture(broker.port());
  auto session = fixture.connect();
  rusage before{};
  for (int i = 1; i <= kSessions; ++i) {
    if (i > 1) session = fixture.transport->connect(fixture.request);
    const auto established = session->established();
    INFO(i << ": " << (established ? "" : established.error().message));
    REQUIRE(established);
    REQUIRE(session->subscribe(answer_topics()));
    REQUIRE(session->publish("t/create", "{}"));
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return sent == i; }));
    lock.unlock();
    session->close();
    if (i == kSessions / 5) ::getrusage(RUSAGE_SELF, &before);
  }
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  // Without being freed they would take 30 MiB.
  INFO(after.ru_maxrss - before.ru_maxrss);
#ifndef FLEET_PROVISION_SANITIZED
  CHECK(after.ru_maxrss - before.ru_maxrss < 12 * 1024);
#endif
}

TEST_CASE("a PUBLISH of 200 MB costs no memory") {
  ScriptedBroker broker(broker_options(), [](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const bool v5 = is_v5(connection.packet());
    connection.send(connack(v5));
    connection.send(suback(v5, connection.packet(), {1, 1, 1, 1}));
    connection.packet();
    const std::string megabyte(1 << 20, 'x');
    connection.send(std::string("\x30\x80\xA8\xD6\x5F\x00\x01t", 8));
    for (int i = 0; i < 200; ++i) connection.send(megabyte);
  });
  TransportFixture fixture(broker.port());
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto session = fixture.connect();
  const auto answer = exchange(*session);
  session->close();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == kMalformedAnswer);
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
}
