#include <thread>

#include "adapters/system/system_clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

using namespace std::chrono_literals;

TEST_CASE("a sleep ends at its instant and not before") {
  const Interrupt interrupt;
  SystemClock clock(interrupt);
  const Instant begin = clock.now();
  for (const auto length : {-1s, 0s}) CHECK(clock.sleep_until(begin + length));
  for (const std::chrono::nanoseconds length : {1ns, 1'000ns, 1'000'000ns, 20'000'000ns}) {
    const Instant end = clock.now() + length;
    CHECK(clock.sleep_until(end));
    CHECK(clock.now() >= end);
  }
  CHECK(clock.sleep_until(Instant::min()));
}

TEST_CASE("a sleep ends when the run is interrupted, however far its instant") {
  for (const ErrorKind kind : {ErrorKind::kInterrupted, ErrorKind::kTerminated}) {
    Interrupt interrupt;
    SystemClock clock(interrupt);
    std::thread signal([&interrupt, kind] { interrupt.raise(kind); });
    const auto slept = clock.sleep_until(Instant::max());
    signal.join();
    REQUIRE_FALSE(slept);
    CHECK(slept.error().kind == kind);
    // Every later sleep fails too, even if its instant has passed.
    CHECK_FALSE(clock.sleep_until(clock.now()));
  }
}

TEST_CASE("the boot is named and counted") {
  const Interrupt interrupt;
  SystemClock clock(interrupt);
  CHECK(clock.since_boot() > 0s);
  CHECK(clock.since_boot() <= clock.since_boot());
  CHECK(clock.boot_id() + "\n" == read_text("/proc/sys/kernel/random/boot_id"));
  CHECK(clock.boot_id().size() == 36);
}

}  // namespace
}  // namespace fleet_provision
