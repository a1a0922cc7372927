// Batches that go by the record: units that are skipped, and thing names that two units have.
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/batch/run_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;
using namespace fleet_provision::test;
using namespace std::chrono_literals;

TEST_CASE("a unit that was recorded as provisioned is skipped without a child") {
  struct Row {
    UnitOutcome outcome;
    const char* digest;
    bool force;
    bool skipped;
  };
  const std::vector<Row> rows{{UnitOutcome::kProvisioned, "00000000000000aa", false, true},
                              {UnitOutcome::kAlreadyProvisioned, "00000000000000aa", false, true},
                              {UnitOutcome::kFailed, "00000000000000aa", false, false},
                              {UnitOutcome::kProvisioned, "00000000000000bb", false, false},
                              {UnitOutcome::kProvisioned, "00000000000000aa", true, false}};
  for (const Row& row : rows) {
    Batch batch;
    batch.settings.force = row.force;
    batch.units.recorded("a", row.outcome, row.digest);
    batch.units.add("a", {"provisioned", "thing-a"}).add("b", {"provisioned", "thing-b"});
    const BatchEnd end = batch.run();
    CHECK((batch.units.result("a") == nullptr) == row.skipped);
    CHECK(end.totals.already_provisioned == (row.skipped ? 1 : 0));
    CHECK(end.totals.remaining() == 0);
  }
}

TEST_CASE("100 000 recorded units are skipped in well under a second") {
  Batch batch;
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = "gateway-" + std::to_string(i);
    batch.units.add(name, {});
    batch.units.recorded(name, UnitOutcome::kProvisioned);
  }
  const double before = cpu_seconds();
  const BatchEnd end = batch.run();
  CHECK(cpu_seconds() - before < 0.5);
  CHECK(end.totals.already_provisioned == 100'000);
  CHECK(batch.units.appends == 0);
}

TEST_CASE("a second unit with a thing name fails and stops the batch, which names both") {
  for (const bool recorded_before : {false, true}) {
    CAPTURE(recorded_before);
    Batch batch;
    batch.settings.batch.jobs = 1;
    if (recorded_before) batch.units.recorded("first", UnitOutcome::kProvisioned);
    batch.units.add("first", {"provisioned", "thing-first"});
    batch.units.add("second", {"provisioned", "thing-first"});
    batch.units.add("third", {"provisioned", "thing-third"});
    const BatchEnd end = batch.run();
    CHECK(kind_of(end.stopped) == ErrorKind::kDuplicateThingName);
    const std::string message =
        "the unit second was given the thing name thing-first, which the unit first already has";
    CHECK(end.stopped->message == message);
    const UnitResult& second = *batch.units.result("second");
    CHECK(second.kind == "duplicate-thing-name");
    CHECK(second.outcome == UnitOutcome::kFailed);
    CHECK(second.message == message);
    CHECK(second.duplicate_of == "first");
    CHECK(second.thing_name == "thing-first");
    CHECK_FALSE(second.retryable);
    CHECK(batch.units.result("third") == nullptr);
    CHECK(end.totals.remaining() == 1);
  }
}

TEST_CASE("two units of one turn with the same thing name are found too") {
  Batch batch;
  batch.settings.batch.jobs = 8;
  for (int i = 0; i < 8; ++i) batch.units.add("u" + std::to_string(i), {"provisioned", "gateway"});
  const BatchEnd end = batch.run();
  CHECK(end.totals.provisioned == 1);
  CHECK(end.totals.failed.at("duplicate-thing-name") == batch.units.results.size() - 1);
}

TEST_CASE("a unit that is run again keeps its thing name") {
  Batch batch;
  batch.settings.force = true;
  batch.units.recorded("a", UnitOutcome::kProvisioned);
  batch.units.add("a", {"provisioned", "thing-a"});
  const BatchEnd end = batch.run();
  CHECK_FALSE(end.stopped);
  CHECK(end.totals.provisioned == 1);
}
