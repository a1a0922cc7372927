// The connection by which the MQTT library reaches this process, and those of others.
#include "adapters/mqtt/loopback_listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

struct Waits {
  Interrupt interrupt;
  Descriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Wait wait{interrupt, stop.get()};
};

Instant in(int milliseconds) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
}

Descriptor connected(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) socket.reset();
  return socket;
}

/// Another process connects so many times; its connections stay in the queue.
void connect_from_another_process(std::uint16_t port, int times) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool all = true;
    for (int i = 0; i < times; ++i) {
      const Descriptor socket = connected(port);
      all = all && socket;
    }
    ::_exit(all ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("only a socket of this process is admitted") {
  for (const int foreign : {0, 1, 3}) {
    INFO(foreign);
    const Waits waits;
    auto listener = LoopbackListener::open();
    REQUIRE(listener);
    CHECK(listener->port() != 0);
    connect_from_another_process(listener->port(), foreign);
    const Descriptor own = connected(listener->port());
    REQUIRE(own);
    const auto admitted = listener->admit(in(60'000), waits.wait);
    REQUIRE(admitted);
    CHECK(admitted->theirs == own.get());
    CHECK(::send(own.get(), "a", 1, 0) == 1);
    char byte = 0;
    CHECK(::recv(admitted->ours.get(), &byte, 1, 0) == 1);
    CHECK_FALSE(connected(listener->port()));
  }
}

TEST_CASE("the own socket is found among others, below and above the accepted one") {
  const Waits waits;
  auto other = LoopbackListener::open();
  auto listener = LoopbackListener::open();
  REQUIRE(other);
  REQUIRE(listener);
  const Descriptor elsewhere = connected(other->port());
  int pair[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const Descriptor ends[] = {Descriptor(pair[0]), Descriptor(pair[1])};
  const Descriptor datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Descriptor low = connected(listener->port());
  REQUIRE(low);
  const int above = GENERATE(0, 1, 20, 60);
  const Descriptor high(above > 0 ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, low.get() + above) : -1);
  if (above > 0) low.reset();
  const auto admitted = listener->admit(in(60'000), waits.wait);
  REQUIRE(admitted);
  CHECK(admitted->theirs == (above > 0 ? high.get() : low.get()));
  int on = 0;
  socklen_t size = sizeof on;
  REQUIRE(::getsockopt(admitted->ours.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
  CHECK(on != 0);
  CHECK((::fcntl(admitted->ours.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(admitted->ours.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("the own socket is found behind a hundred other descriptors") {
  const Waits waits;
  auto listener = LoopbackListener::open();
  REQUIRE(listener);
  Descriptor low = connected(listener->port());
  REQUIRE(low);
  constexpr int kOthers = 100;
  std::vector<Descriptor> others;
  others.reserve(kOthers);
  for (int i = 0; i < kOthers; ++i) others.emplace_back(::eventfd(0, EFD_CLOEXEC));
  const Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, others.back().get()));
  low.reset();
  const auto admitted = listener->admit(in(60'000), waits.wait);
  REQUIRE(admitted);
  CHECK(admitted->theirs == high.get());
}

TEST_CASE("who does not connect in time is told apart from who is not wanted") {
  for (const int foreign : {0, 2}) {
    const Waits waits;
    auto listener = LoopbackListener::open();
    REQUIRE(listener);
    connect_from_another_process(listener->port(), foreign);
    const auto admitted = listener->admit(in(20), waits.wait);
    REQUIRE_FALSE(admitted);
    CHECK(admitted.error().kind == ErrorKind::kNoAnswer);
    const bool blames_others =
        admitted.error().message.find(", port " + std::to_string(listener->port()) +
                                      ": other processes of this machine connected to it 2 times") != std::string::npos;
    CHECK(blames_others == (foreign > 0));
    CHECK((admitted.error().hint.find("ss -tp") != std::string::npos) == (foreign > 0));
  }
}
