// What stops a batch before all of its units have run, and what is recorded then.
#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/batch/run_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;
using namespace fleet_provision::test;
using namespace std::chrono_literals;

TEST_CASE("--stop-after counts failures for good") {
  Batch batch;
  batch.settings.batch.jobs = 1;
  batch.settings.batch.stop_after = 2;
  batch.units.add("a", {"failed", "dns", "retryable", "75"}).add("b", {"failed", "rejected", "for-good", "69"});
  batch.units.add("c", {"failed", "dns", "retryable", "75"}).add("d", {"failed", "rejected", "for-good", "69"});
  batch.units.add("e", {"provisioned", "thing"});
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kUnitsFailed);
  CHECK(end.stopped->message == "2 units failed for good, and --stop-after is 2");
  CHECK(end.totals.all_failed() == 4);
  CHECK(batch.units.result("e") == nullptr);
}

TEST_CASE("a wrong PIN that all units have stops the batch after one unit") {
  Batch batch;
  batch.settings.one_pin = true;
  for (const char* name : {"a", "b", "c", "d"}) batch.units.add(name, {"failed", "pin-wrong", "for-good", "65"});
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kPinWrong);
  CHECK(batch.units.results.size() == 1);

  // A failure of another kind does not tell whether the PIN is right; a provisioned unit does.
  Batch good;
  good.settings.one_pin = true;
  good.units.add("a", {"failed", "rejected", "for-good", "69"}).add("b", {"provisioned", "thing-b"});
  good.units.add("c", {"provisioned", "thing-c"}).add("d", {"provisioned", "thing-d"});
  CHECK(!good.run().stopped);
  CHECK(good.units.results.size() == 4);
}

TEST_CASE("a batch that cannot run units ends at the first that is not recorded as provisioned") {
  Batch batch;
  batch.settings.cannot_run.emplace().kind = ErrorKind::kClaimCertificateUnusable;
  batch.units.add("a", {"provisioned", "thing-a"});
  batch.units.recorded("a", UnitOutcome::kProvisioned);
  CHECK(!batch.run().stopped);
  batch.units.add("b", {"provisioned", "thing-b"});
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kClaimCertificateUnusable);
  CHECK(end.totals.already_provisioned == 1);
  CHECK(batch.units.results.empty());
}

TEST_CASE("a signal stops all children; what they finish in spite of it is recorded") {
  Batch batch;
  batch.settings.grace = 200ms;
  batch.units.add("stopped", {"until-term", batch.directory / "0", "terminated"});
  batch.units.add("finished", {"until-term", batch.directory / "1", "provisioned", "thing"});
  batch.units.add("hung", {"until-term", batch.directory / "2", "ignored"});
  batch.units.add("failed", {"until-term", batch.directory / "3", "dns"});
  batch.units.add("not-started", {"provisioned", "other"});
  batch.observer.on_progress = [&](const Totals&) {
    for (const char* each : {"0", "1", "2", "3"}) {
      if (!exists(batch.directory / each)) return;
    }
    batch.interrupt.raise(ErrorKind::kInterrupted);
  };
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kInterrupted);
  CHECK(batch.kind_of("stopped") == "no result");
  CHECK(batch.kind_of("hung") == "no result");
  CHECK(batch.kind_of("not-started") == "no result");
  CHECK(batch.kind_of("finished").empty());
  CHECK(batch.kind_of("failed") == "dns");
  CHECK(end.totals.remaining() == 3);
  CHECK(end.totals.running == 0);
}

TEST_CASE("a full disk stops the batch; running units end, and what can be recorded later is") {
  Batch batch;
  batch.settings.batch.jobs = 2;
  batch.settings.margin = 0ms;
  batch.units.time_limit = 300ms;
  const std::string file = batch.directory / "waits";
  batch.units.add("quick", {"provisioned", "thing-0"});
  batch.units.add("slow", {"until-term", file, "provisioned", "thing-1"});
  batch.units.add("not-started", {"provisioned", "thing-2"});
  batch.units.failing_appends = 1;
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kDiskFull);
  // The slow one ran until its own time was over.
  CHECK(batch.kind_of("slow").empty());
  CHECK(batch.kind_of("quick").empty());
  CHECK(batch.kind_of("not-started") == "no result");
  CHECK(end.totals.provisioned == 2);
  CHECK(end.totals.remaining() == 1);
}

TEST_CASE("results that cannot be recorded are not counted") {
  Batch batch;
  batch.settings.batch.jobs = 1;
  batch.units.failing_appends = 1000;
  batch.units.add("a", {"failed", "rejected", "for-good", "69"}).add("b", {"provisioned", "thing"});
  const BatchEnd end = batch.run();
  CHECK(kind_of(end.stopped) == ErrorKind::kDiskFull);
  CHECK(end.totals.remaining() == 2);
  CHECK(end.totals.all_failed() == 0);
  CHECK(batch.observer.failures.empty());
}
