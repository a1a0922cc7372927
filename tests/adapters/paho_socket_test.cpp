// Paho's next socket does not get the descriptor number of its last one.
#include "adapters/mqtt/paho_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <thread>

#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

Descriptor new_socket() {
  return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/// The descriptor number of Paho's socket: the only connection of this process that is inheritable (without FD_CLOEXEC)
/// and not to the broker.
int number_of_library_socket(std::uint16_t broker_port) {
  for (int each = 0; each < 64; ++each) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(each, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET) continue;
    if ((::fcntl(each, F_GETFD) & FD_CLOEXEC) == 0 && ntohs(peer.sin_port) != broker_port) return each;
  }
  return -1;
}

}  // namespace

TEST_CASE("the number of the last socket is occupied once it is closed") {
  const bool closed_before = GENERATE(true, false);
  Descriptor socket = new_socket();
  const int number = socket.get();
  leave_to_close(PahoSocket(number));
  if (closed_before) socket.reset();
  std::thread closing([&socket] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    socket.reset();
  });
  const Descriptor occupant = occupy_number_of_last_socket();
  closing.join();
  CHECK(occupant.get() == number);
  CHECK(new_socket().get() != number);
  CHECK_FALSE(occupy_number_of_last_socket());
}

TEST_CASE("a session without a socket does not replace the last socket") {
  Descriptor socket = new_socket();
  const int number = socket.get();
  leave_to_close(PahoSocket(number));
  leave_to_close(PahoSocket());
  leave_to_close(PahoSocket(-1));
  socket.reset();
  CHECK(occupy_number_of_last_socket().get() == number);
  CHECK_FALSE(PahoSocket().is_open());
  CHECK(PahoSocket(-1).number() == -1);
}

TEST_CASE("a number that stands for something else is left alone") {
  Descriptor socket = new_socket();
  const int number = socket.get();
  const PahoSocket last(number);
  CHECK(last.is_open());
  leave_to_close(last);
  socket.reset();
  const Descriptor other = new_socket();
  REQUIRE(other.get() == number);
  CHECK_FALSE(last.is_open());
  CHECK_FALSE(occupy_number_of_last_socket());
  CHECK(::fcntl(number, F_GETFD) >= 0);
}

TEST_CASE("a session does not give its library the socket number of the session before") {
  ScriptedBroker broker(broker_options(), serve);
  TransportFixture fixture(broker.port());
  int last = -1;
  for (int i = 0; i < 5; ++i) {
    const auto session = i == 0 ? fixture.connect() : fixture.transport->connect(fixture.request);
    REQUIRE(session->established());
    const int number = number_of_library_socket(broker.port());
    REQUIRE(number >= 0);
    CHECK(number != last);
    last = number;
    session->close();
  }
}
