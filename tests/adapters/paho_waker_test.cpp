// Which thread is woken, and when: without Paho, by threads with the name of its receive thread.
#include "adapters/mqtt/paho_waker.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/waiting_thread.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

constexpr const char* kReceiver = "MQTTAsync_rcv";

struct Pair {
  Pair() {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
  }
  [[nodiscard]] std::string received() const {
    char bytes[16];
    const ssize_t size = ::recv(theirs.get(), bytes, sizeof bytes, 0);
    return {bytes, size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  Descriptor ours;
  Descriptor theirs;
};

/// A thread of this name that sleeps until a signal.
std::unique_ptr<WaitingThread<int>> sleeper(const char* name) {
  auto thread = std::make_unique<WaitingThread<int>>([name] {
    ::prctl(PR_SET_NAME, name);
    return ::poll(nullptr, 0, -1) < 0 ? errno : 0;
  });
  REQUIRE(thread->sleeps());
  return thread;
}

const std::string kPingresp("\xd0\x00", 2);

}  // namespace

// The first case, since a process chooses its signal once.
TEST_CASE("a signal that the program uses is not taken") {
  struct sigaction present {};
  REQUIRE(::sigaction(SIGRTMAX, nullptr, &present) == 0);
  if (present.sa_handler != SIG_DFL) {
    FP_NOT_TRIED("this process has chosen its signal already");
    return;
  }
  const std::string said = in_child([]() -> std::string {
    static volatile sig_atomic_t taken = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { taken = 1; };
    if (::sigaction(SIGRTMAX, &action, nullptr) != 0) return "no handler";
    {
      WaitingThread<int> thread([] {
        ::prctl(PR_SET_NAME, kReceiver);
        return ::poll(nullptr, 0, -1);
      });
      PahoWaker waker;
      while (thread.sleeps()) waker.wake();
    }
    return taken == 0 ? "left" : "taken";
  });
  CHECK(said == "left");
}

TEST_CASE("bytes are unread until the library has read all of them") {
  const Pair pair;
  const PahoWaker waker(pair.theirs.get());
  CHECK_FALSE(waker.has_unread());
  REQUIRE(::send(pair.ours.get(), "ab", 2, 0) == 2);
  CHECK(waker.has_unread());
  char byte = 0;
  REQUIRE(::recv(pair.theirs.get(), &byte, 1, 0) == 1);
  CHECK(waker.has_unread());
  REQUIRE(::recv(pair.theirs.get(), &byte, 1, 0) == 1);
  CHECK_FALSE(waker.has_unread());
  CHECK_FALSE(PahoWaker().has_unread());
  Descriptor closed(::eventfd(0, EFD_CLOEXEC));
  const PahoWaker of_closed(closed.get());
  closed.reset();
  CHECK_FALSE(of_closed.has_unread());
  CHECK(in_child([]() -> std::string {
          ::close(0);
          int ends[2] = {-1, -1};
          if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || ends[0] != 0) return "not descriptor 0";
          return ::send(ends[1], "a", 1, 0) == 1 && PahoWaker(0).has_unread() ? "unread" : "read";
        }) == "unread");
}

TEST_CASE("the youngest receive thread is woken, and no other thread") {
  PahoWaker().wake();
  const auto older = sleeper(kReceiver);
  const auto younger = sleeper(kReceiver);
  const std::unique_ptr<WaitingThread<int>> others[] = {sleeper("MQTTAsync_snd"), sleeper("MQTTAsync_rc"),
                                                        sleeper("MQTTAsync_rcvx")};
  PahoWaker waker;
  while (younger->sleeps()) waker.wake();
  CHECK(younger->result() == EINTR);
  CHECK(older->sleeps());
  // The thread that it knew has ended.
  while (older->sleeps()) waker.wake();
  CHECK(older->result() == EINTR);
  waker.wake();
  for (const auto& other : others) {
    CHECK(other->sleeps());
    other->interrupt();
    CHECK(other->result() == EINTR);
  }
}

TEST_CASE("the library is sent one PINGRESP and woken until it has read it") {
  const Interrupt interrupt;
  const Descriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const Wait wait(interrupt, stop.get());
  const Pair pair;
  WaitingThread<std::string> library([&] {
    ::prctl(PR_SET_NAME, kReceiver);
    return ::poll(nullptr, 0, -1) < 0 ? pair.received() : "not woken";
  });
  REQUIRE(library.sleeps());
  PahoWaker waker(pair.theirs.get());
  CHECK(waker.wake_for_connect(pair.ours.get(), wait));
  CHECK(library.result() == kPingresp);

  // A connection that has ended has nothing to read.
  Pair ended;
  ended.theirs.reset();
  CHECK(PahoWaker(ended.ours.get()).wake_for_connect(ended.ours.get(), wait));
}

TEST_CASE("an interrupt and the close of the session end the waking, each alone") {
  for (const bool stopped : {true, false}) {
    Interrupt interrupt;
    const Descriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const Wait wait(interrupt, stop.get());
    const Pair pair;
    PahoWaker waker(pair.theirs.get());
    if (stopped) {
      REQUIRE(::eventfd_write(stop.get(), 1) == 0);
    } else {
      interrupt.raise(ErrorKind::kTerminated);
    }
    const auto ended = waker.wake_for_connect(pair.ours.get(), wait);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == (stopped ? ErrorKind::kInternal : ErrorKind::kTerminated));
    CHECK(pair.received() == kPingresp);
  }
}
