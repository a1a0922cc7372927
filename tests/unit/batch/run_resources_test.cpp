// How much a batch takes: jobs at a time, descriptors, and no CPU time while it waits.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/batch/run_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;
using namespace fleet_provision::test;
using namespace std::chrono_literals;

TEST_CASE("at most `jobs` units run at the same time") {
  Batch batch;
  batch.settings.batch.jobs = 3;
  for (int i = 0; i < 6; ++i) {
    batch.units.add("u" + std::to_string(i), {"until-term", batch.directory / ("u" + std::to_string(i)), "terminated"});
  }
  batch.observer.on_progress = [&](const Totals& totals) {
    if (totals.running == 3 && exists(batch.directory / "u2")) batch.interrupt.raise(ErrorKind::kTerminated);
  };
  const BatchEnd end = batch.run();
  CHECK(batch.observer.most_running == 3);
  CHECK_FALSE(exists(batch.directory / "u3"));
  CHECK(kind_of(end.stopped) == ErrorKind::kTerminated);
}

/// Takes all descriptors but `free`.
void leave_descriptors(rlim_t free) {
  int highest = 0;
  for (int number = 0; number < 1024; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) highest = number;
  }
  int taken = 0;
  while (taken < highest) taken = ::dup(0);
  const rlimit few{static_cast<rlim_t>(taken) + 1 + free, static_cast<rlim_t>(taken) + 1 + free};
  ::setrlimit(RLIMIT_NOFILE, &few);
}

TEST_CASE("a lack of descriptors delays units while others run, and else ends the batch") {
  const auto outcome = [](rlim_t free) {
    return in_child([free]() -> std::string {
      Batch batch;
      // The first waits until it is told to stop, and the others wait for it.
      batch.units.time_limit = 200ms;
      batch.settings.margin = 0ms;
      batch.units.add("u0", {"until-term", batch.directory / "waits", "provisioned", "t0"});
      for (int i = 1; i < 6; ++i) batch.units.add("u" + std::to_string(i), {"provisioned", "t" + std::to_string(i)});
      // The check at the start passes; then the descriptors are taken.
      batch.observer.on_progress = [&, limited = false](const Totals&) mutable {
        if (!std::exchange(limited, true)) leave_descriptors(free);
      };
      // No second unit starts in the first turn.
      batch.settings.batch.rate = 60;
      const double before = cpu_seconds();
      const BatchEnd end = batch.run();
      return std::to_string(end.totals.provisioned) + (end.stopped ? " " + std::string(word(end.stopped->kind)) : "") +
             (cpu_seconds() - before < 0.05 ? "" : ", busy");
    });
  };
  // The first unit starts before the limit is set. A unit needs five descriptors while it starts, and holds three.
  CHECK(outcome(1) == "1 out-of-resources");
  CHECK(outcome(2) == "6");
}

TEST_CASE("an idle batch sleeps") {
  Batch batch;
  batch.settings.batch.jobs = 8;
  for (int i = 0; i < 8; ++i) {
    batch.units.add("u" + std::to_string(i), {"until-term", batch.directory / std::to_string(i), "terminated"});
  }
  double before = 0;
  batch.observer.on_progress = [&](const Totals&) {
    if (batch.observer.times.size() == 2) before = cpu_seconds();
    if (batch.observer.times.size() == 6) batch.interrupt.raise(ErrorKind::kTerminated);
  };
  static_cast<void>(batch.run());
  CHECK(cpu_seconds() - before < 0.05);
  for (std::size_t i = 1; i < 5; ++i) CHECK(batch.observer.times[i] - batch.observer.times[i - 1] >= 200ms);
}
