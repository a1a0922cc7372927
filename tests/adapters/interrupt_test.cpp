// A request to stop: the first one counts, every wait sees it, and a signal handler may make it.
#include "adapters/system/interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "tests/support/catch.hpp"

using namespace fleet_provision;
using enum ErrorKind;

namespace {

bool is_readable(const Interrupt& interrupt) {
  pollfd waited{interrupt.descriptor(), POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1 && (waited.revents & POLLIN) != 0;
}

}  // namespace

TEST_CASE("nothing is requested at first") {
  const Interrupt interrupt;
  CHECK_FALSE(interrupt.raised());
  CHECK(interrupt.check());
  CHECK_FALSE(is_readable(interrupt));
  CHECK((::fcntl(interrupt.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(interrupt.descriptor(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("a request names its signal, and every later wait sees it") {
  const struct {
    ErrorKind kind;
    bool hang_up;
    const char* what;
  } rows[] = {{kInterrupted, false, "stopped by SIGINT"},
              {kTerminated, false, "stopped by SIGTERM"},
              {kTerminated, true, "stopped by SIGHUP"}};
  for (const auto& row : rows) {
    INFO(row.what);
    Interrupt interrupt;
    errno = EAGAIN;
    row.hang_up ? interrupt.raise_hang_up() : interrupt.raise(row.kind);
    CHECK(errno == EAGAIN);
    CHECK(interrupt.raised() == row.kind);
    for (int i = 0; i < 2; ++i) CHECK(is_readable(interrupt));
    const auto ended = interrupt.check();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == row.kind);
    CHECK(ended.error().message == row.what);
    CHECK(ended.error().hint == "rerun the same command to resume");
    // The first request counts.
    interrupt.raise(kInterrupted);
    interrupt.raise(kTerminated);
    interrupt.raise_hang_up();
    CHECK(interrupt.check().error().message == row.what);
  }
}

TEST_CASE("a request to a descriptor that is full already is seen, and leaves errno as it was") {
  Interrupt interrupt;
  REQUIRE(::eventfd_write(interrupt.descriptor(), ~std::uint64_t{0} - 1) == 0);
  errno = 0;
  interrupt.raise(kTerminated);
  CHECK(errno == 0);
  CHECK(is_readable(interrupt));
}
