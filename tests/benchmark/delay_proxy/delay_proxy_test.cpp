// The counting and the order of bytes; never the time, which the machine's other work distorts.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <thread>

#include "tests/benchmark/delay_proxy/delay_proxy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

namespace fleet_provision::benchmark {
namespace {

using std::chrono::milliseconds;
using test::loopback;

/// Plays a connection: > the client sends, < something reaches it, . it closes.
ConnectionCount played(const std::string& events) {
  RoundTrips trips;
  for (const char event : events) {
    if (event == '>') trips.client_sent(10);
    if (event == '<') trips.client_got(100);
    if (event == '.') trips.client_closed();
  }
  return trips.count();
}

TEST_CASE("a round trip is a turn of the client whose answer it waits for, and one is the handshake of TCP") {
  struct Row {
    const char* what;
    const char* events;
    unsigned turns;
    unsigned round_trips;
  };
  const auto row = GENERATE(values<Row>({
      {"connected and closed", ".", 0, 1},
      {"asked and answered", "><.", 1, 2},
      {"an answer in two parts", "><<.", 1, 2},
      {"a question in two parts", ">><.", 1, 2},
      {"two questions in a row, two answers in a row", ">><<.", 1, 2},
      {"a farewell that nobody waits for", "><>.", 2, 2},
      {"a farewell that is answered after the end", "><>.<", 2, 2},
      {"a farewell whose answer is waited for", "><><.", 2, 3},
      {"the server speaks first", "<><.", 1, 2},
      {"hello, finished and CONNECT, SUBSCRIBE, create, register, DISCONNECT", "><>><<><><><>.<", 6, 6},
  }));
  CAPTURE(row.what);
  const ConnectionCount count = played(row.events);
  CHECK(count.turns == row.turns);
  CHECK(count.round_trips == row.round_trips);
}

TEST_CASE("the report sums over the connections") {
  const std::string text = report(20, {played("><."), played("><><.")});
  CHECK(text == R"({"roundTripMs":20,"connections":2,"roundTrips":5,"turns":3,"bytesToServer":30,"bytesToClient":300,)"
                R"("each":[{"roundTrips":2,"turns":1,"bytesToServer":10,"bytesToClient":100},)"
                R"({"roundTrips":3,"turns":2,"bytesToServer":20,"bytesToClient":200}]})");
}

TEST_CASE("a delay line gives each part at its time and none before another that was put in earlier") {
  const Instant start{};
  DelayLine line;
  line.put("first", start + milliseconds{10});
  // Put in later with an earlier time, as when a part was held back for the handshake.
  line.put("second", start + milliseconds{5});
  line.put_end(start + milliseconds{7});
  CHECK(line.arrived(start + milliseconds{9}).empty());
  CHECK(line.next() == start + milliseconds{10});
  CHECK(line.arrived(start + milliseconds{10}) == "first");
  line.take(2);
  CHECK(line.arrived(start + milliseconds{10}) == "rst");
  line.take(3);
  CHECK(line.arrived(start + milliseconds{10}) == "second");
  CHECK_FALSE(line.ended(start + milliseconds{10}));
  line.take(6);
  CHECK(line.ended(start + milliseconds{10}));
}

/// Answers every byte with its successor until the client ends, then ends too.
class Echo {
 public:
  Echo() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Echo() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve() {
    for (;;) {
      const Descriptor client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      char part[1000];
      for (ssize_t size = 0; (size = ::recv(client.get(), part, sizeof part, 0)) > 0;) {
        for (ssize_t i = 0; i < size; ++i) ++part[i];
        if (::send(client.get(), part, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) return;
      }
    }
  }

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Descriptor connected_to(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = loopback(port);
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

std::string received(int socket, std::size_t wanted) {
  std::string all;
  char part[4096];
  while (all.size() < wanted) {
    const ssize_t size = ::recv(socket, part, sizeof part, 0);
    if (size <= 0) break;
    all.append(part, static_cast<std::size_t>(size));
  }
  return all;
}

TEST_CASE("what goes through the proxy comes out whole, in order, on each connection, and is counted") {
  const Echo echo;
  DelayProxy proxy(echo.port(), milliseconds{2});
  const Descriptor wake(::eventfd(0, 0));
  std::thread carrier([&] { proxy.carry_until(wake.get()); });

  std::string sent;
  // More than the buffers of the sockets hold, so that the proxy must keep it.
  for (int i = 0; i < 2'000'000; ++i) sent += static_cast<char>(i % 97);
  std::string wanted = sent;
  for (char& each : wanted) ++each;
  std::string got;
  {
    const Descriptor one = connected_to(proxy.port());
    const Descriptor other = connected_to(proxy.port());
    std::thread writer([&] {
      for (std::size_t at = 0; at < sent.size();) {
        const ssize_t size = ::send(one.get(), sent.data() + at, sent.size() - at, MSG_NOSIGNAL);
        if (size <= 0) break;
        at += static_cast<std::size_t>(size);
      }
      ::shutdown(one.get(), SHUT_WR);
    });
    got = received(one.get(), sent.size() + 1);
    writer.join();
  }
  const std::uint64_t one = 1;
  CHECK(::write(wake.get(), &one, sizeof one) == sizeof one);
  carrier.join();
  CHECK(got == wanted);

  auto counts = proxy.settle();
  REQUIRE(counts.size() == 2);
  if (counts[0].bytes_to_server == 0) std::swap(counts[0], counts[1]);
  CHECK(counts[0].bytes_to_server == sent.size());
  CHECK(counts[0].bytes_to_client == sent.size());
  CHECK(counts[1].turns == 0);
  CHECK(proxy.settle().empty());
}

TEST_CASE("a server that is not there ends the connection") {
  std::uint16_t free_port = 0;
  {
    const Echo gone;
    free_port = gone.port();
  }
  DelayProxy proxy(free_port, milliseconds{1});
  const Descriptor wake(::eventfd(0, 0));
  std::thread carrier([&] { proxy.carry_until(wake.get()); });
  const Descriptor client = connected_to(proxy.port());
  CHECK(received(client.get(), 1).empty());
  const std::uint64_t one = 1;
  CHECK(::write(wake.get(), &one, sizeof one) == sizeof one);
  carrier.join();
  CHECK(proxy.settle().size() == 1);
}

}  // namespace
}  // namespace fleet_provision::benchmark
