// TCP connections to one of several addresses, and waits, without TLS.
#include "adapters/network/tcp.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "adapters/network/resolver.hpp"
#include "adapters/network/wait.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/waiting_thread.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

Instant in(Milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

/// What every wait needs, and the means to end it.
struct Waits {
  Interrupt interrupt;
  Descriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Wait wait{interrupt, stop.get()};
};

/// A server of 127.0.0.1 whose queue of connections may be full, so that a connect to it hangs.
struct Listener {
  explicit Listener(bool full) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(socket.get(), full ? 0 : 16) == 0);
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    std::memcpy(&address.storage, &name, sizeof name);
    address.size = sizeof name;
    address.text = "127.0.0.1";
    for (int i = 0; full && i < 3; ++i) {
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&name), sizeof name));
    }
  }
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::vector<Descriptor> waiting;
  SocketAddress address;
};

/// An address of 127.0.0.1 where nothing listens: its port belongs to a socket that does not.
SocketAddress closed_address() {
  static const Descriptor holder = [] {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in any = loopback();
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    return socket;
  }();
  SocketAddress address;
  address.size = sizeof address.storage;
  REQUIRE(::getsockname(holder.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) == 0);
  address.text = "127.0.0.1";
  return address;
}

Result<TcpConnection> connect(const std::vector<SocketAddress>& addresses, Milliseconds each, Milliseconds all,
                              std::uint16_t port = 8883) {
  const Waits waits;
  return connect_tcp("gateway.example", port, addresses, each, in(all), waits.wait);
}

const Milliseconds kLong{60'000};

}  // namespace

TEST_CASE("the first address that accepts is connected to") {
  const Listener open(false);
  const auto alone = connect({open.address}, kLong, kLong);
  REQUIRE(alone);
  CHECK(alone->address == "127.0.0.1");
  int on = 0;
  socklen_t size = sizeof on;
  REQUIRE(::getsockopt(alone->socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
  CHECK(on != 0);
  CHECK((::fcntl(alone->socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(alone->socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(connect({closed_address(), open.address}, kLong, kLong));
  // An address that hangs delays the next one only a little, and is given up when its own time is over.
  const Listener full(true);
  const auto began = std::chrono::steady_clock::now();
  const auto second = connect({full.address, open.address}, kLong, kLong);
  REQUIRE(second);
  sockaddr_in peer{};
  size = sizeof peer;
  REQUIRE(::getpeername(second->socket.get(), reinterpret_cast<sockaddr*>(&peer), &size) == 0);
  CHECK(peer.sin_port == reinterpret_cast<const sockaddr_in&>(open.address.storage).sin_port);
  CHECK(std::chrono::steady_clock::now() - began >= Milliseconds(250));
}

TEST_CASE("of several failures the one that says most is reported, with the words of each") {
  const Listener full(true);
  const auto refused = connect({closed_address()}, kLong, kLong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kConnectionRefused);
  CHECK(refused.error().message == "cannot connect to gateway.example (127.0.0.1), port 8883: connection refused");
  CHECK(refused.error().hint == "check endpoint and port: nothing listens there");

  const auto late = connect({full.address}, Milliseconds(20), kLong);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::kConnectionTimeout);
  CHECK(late.error().message.ends_with(": connection timed out"));
  CHECK(late.error().hint.starts_with("try --port 443"));
  const auto elsewhere = connect({full.address}, kLong, Milliseconds(20), 443);
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().kind == ErrorKind::kConnectionTimeout);
  CHECK(elsewhere.error().hint.starts_with("check endpoint and port, and whether"));

  // ENETUNREACH and its like say least; AF_UNSPEC is none of the families that can be connected to.
  SocketAddress odd;
  odd.text = "odd";
  const auto none = connect({odd}, kLong, kLong);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::kNoRoute);
  CHECK(none.error().hint == "give this machine an address and a default route");
  CHECK(none.error().message.ends_with(": address family not supported by protocol"));
  const auto nowhere = connect_tcp("gateway.example", 8883, {}, kLong, in(kLong), Waits().wait);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind == ErrorKind::kNoRoute);
  CHECK(nowhere.error().message == "cannot connect to gateway.example, port 8883");
  for (const bool odd_first : {true, false}) {
    const auto both =
        connect(odd_first ? std::vector{odd, closed_address()} : std::vector{closed_address(), odd}, kLong, kLong);
    REQUIRE_FALSE(both);
    CHECK(both.error().kind == ErrorKind::kConnectionRefused);
    CHECK(both.error().message.starts_with("cannot connect to gateway.example, port 8883: "));
    CHECK(both.error().message.find("127.0.0.1: connection refused") != std::string::npos);
    CHECK(both.error().message.find("; ") != std::string::npos);
  }
  const auto late_after_odd = connect({odd, full.address}, Milliseconds(20), kLong);
  REQUIRE_FALSE(late_after_odd);
  CHECK(late_after_odd.error().kind == ErrorKind::kConnectionTimeout);
  const auto refused_after_late = connect({full.address, closed_address()}, Milliseconds(20), kLong);
  REQUIRE_FALSE(refused_after_late);
  CHECK(refused_after_late.error().kind == ErrorKind::kConnectionRefused);
}

TEST_CASE("the name of a peer has its address unless that is its name") {
  CHECK(name_of_peer("a", "1.2.3.4", 1) == "a (1.2.3.4), port 1");
  CHECK(name_of_peer("1.2.3.4", "1.2.3.4", 65535) == "1.2.3.4, port 65535");
  CHECK(name_of_peer("a", "", 1) == "a, port 1");
}

TEST_CASE("a literal address is resolved without a name server, and known as one") {
  const Waits waits;
  for (const char* literal : {"127.0.0.1", "::1"}) {
    CHECK(is_ip_address(literal));
    const auto found = resolve(literal, 8883, in(kLong), waits.wait);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().text == literal);
    const auto& storage = found->front().storage;
    const auto port = storage.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(storage).sin_port
                                                   : reinterpret_cast<const sockaddr_in6&>(storage).sin6_port;
    CHECK(ntohs(port) == 8883);
  }
  for (const char* name : {"localhost", "", "127.0.0", "1.2.3.4.5", "::g"}) CHECK_FALSE(is_ip_address(name));
}

TEST_CASE("a literal address needs no wait, and a name that is not resolved is reported with its reason") {
  const Waits waits;
  CHECK(resolve("127.0.0.1", 8883, Instant{}, waits.wait));
  const auto late = resolve("localhost", 8883, Instant{}, waits.wait);
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ErrorKind::kDns);
  CHECK(late.error().message == "cannot resolve localhost: no name server answered in time");
  const auto found = resolve("localhost", 8883, in(kLong), waits.wait);
  REQUIRE(found);
  for (const SocketAddress& each : *found) CHECK(is_ip_address(each.text));
  // A label has at most 63 characters (RFC 1035 section 2.3.4), so no name server is asked.
  const std::string host = std::string(64, 'a') + ".invalid";
  const auto none = resolve(host, 8883, in(kLong), waits.wait);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::kDns);
  INFO(none.error().message);
  const std::string begin = "cannot resolve " + host + ": ";
  REQUIRE(none.error().message.starts_with(begin));
  const std::string reason = none.error().message.substr(begin.size());
  CHECK(reason.find_first_not_of("abcdefghijklmnopqrstuvwxyz- ") == std::string::npos);
  const bool unknown = reason == "name or service not known";
  CHECK(none.error().hint.starts_with("check the spelling of the endpoint") == unknown);
  CHECK((none.error().hint == "check the network and /etc/resolv.conf") != unknown);
}

TEST_CASE("an interrupt of the run and the close of the session end a wait, each alone") {
  const Descriptor quiet(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  for (const bool stopped : {true, false}) {
    Waits waits;
    WaitingThread<Result<bool>> waiting([&] { return waits.wait.until(quiet.get(), POLLIN, in(kLong)); });
    CHECK(waiting.sleeps());
    if (stopped) {
      REQUIRE(::eventfd_write(waits.stop.get(), 1) == 0);
    } else {
      waits.interrupt.raise(ErrorKind::kInterrupted);
    }
    const auto ended = waiting.result();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == (stopped ? ErrorKind::kInternal : ErrorKind::kInterrupted));
    CHECK(waits.wait.check().error().kind == ended.error().kind);
  }
}

TEST_CASE("a signal does not end a wait") {
  const Waits waits;
  const Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  WaitingThread<Result<bool>> waiting([&] { return waits.wait.until(event.get(), POLLIN, in(kLong)); });
  for (int i = 0; i < 3; ++i) {
    CHECK(waiting.sleeps());
    waiting.interrupt();
  }
  REQUIRE(::eventfd_write(event.get(), 1) == 0);
  const auto ended = waiting.result();
  REQUIRE(ended);
  CHECK(*ended);
}

TEST_CASE("a poll that fails is reported with its words") {
  const std::string said = in_child([]() -> std::string {
    const Waits waits;
    // Fewer than the descriptors that are polled.
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return "no limit";
    const auto failed = waits.wait.until(0, POLLIN, in(kLong));
    return failed ? "no error" : std::string(word(failed.error().kind)) + ": " + failed.error().message;
  });
  CHECK(said == "internal: poll: Invalid argument");
}

TEST_CASE("a wait ends when its descriptor is ready, at its deadline, or with the run") {
  Waits waits;
  pollfd raised{waits.interrupt.descriptor(), POLLIN, 0};
  CHECK(::poll(&raised, 1, 0) == 0);
  const Descriptor quiet(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const Descriptor ready(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(waits.wait.until(ready.get(), POLLIN, in(kLong)).value());
  CHECK_FALSE(waits.wait.until(quiet.get(), POLLIN, in(Milliseconds(5))).value());
  // What is always ready does not prolong a wait.
  CHECK_FALSE(waits.wait.until(ready.get(), POLLIN, Instant{}).value());
  CHECK(waits.wait.check());
  REQUIRE(::eventfd_write(waits.stop.get(), 1) == 0);
  const auto closed = waits.wait.until(quiet.get(), POLLIN, in(kLong));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == ErrorKind::kInternal);
  CHECK_FALSE(waits.wait.check());
  waits.interrupt.raise(ErrorKind::kTerminated);
  const auto ended = waits.wait.until(quiet.get(), POLLIN, in(kLong));
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind == ErrorKind::kTerminated);
  CHECK(::poll(&raised, 1, 0) == 1);
}
