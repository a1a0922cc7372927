// Batches over a program that acts as a child: what is recorded and told of each end of a child.
#include <signal.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/batch/run_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;
using namespace fleet_provision::test;
using namespace std::chrono_literals;

TEST_CASE("each unit is run once, and its result is recorded") {
  Batch batch;
  for (int i = 0; i < 20; ++i) {
    batch.units.add("unit-" + std::to_string(i), {"provisioned", "thing-" + std::to_string(i)});
  }
  batch.units.add("there", {"already", "thing-there"});
  batch.units.add("no", {"failed", "rejected", "for-good", "69"});
  batch.units.add("later", {"failed", "dns", "retryable", "75"});
  const BatchEnd end = batch.run();
  CHECK_FALSE(end.stopped);
  CHECK(end.totals.units == 23);
  CHECK(end.totals.provisioned == 20);
  CHECK(end.totals.already_provisioned == 1);
  CHECK(end.totals.failed == std::map<std::string, std::uint64_t>{{"dns", 1}, {"rejected", 1}});
  CHECK(end.totals.failed_for_good == 1);
  CHECK(end.totals.failed_retryable == 1);
  CHECK(end.totals.remaining() == 0);
  CHECK(end.totals.running == 0);
  REQUIRE(batch.units.results.size() == 23);
  const UnitResult& result = *batch.units.result("unit-7");
  CHECK(result.line == 9);
  CHECK(result.thing_name == "thing-7");
  CHECK(result.digest == "00000000000000aa");
  CHECK(result.attempts == 1);
  CHECK(result.finished_at >= result.started_at);
  CHECK(result.run_result.find('\n') == std::string::npos);
  CHECK(result.run_result.starts_with("{\"schema\":1,\"outcome\":\"provisioned\","));
  CHECK(batch.observer.failures.size() == 2);
}

TEST_CASE("what children do that break is a failure of their units alone") {
  struct Row {
    Strings arguments;
    std::string message;
  };
  const std::string run = "the run of the unit bad ";
  const std::vector<Row> rows{
      {{"signal", std::to_string(SIGKILL)}, run + "was ended by SIGKILL"},
      {{"print", "", "0"}, run + "ended with exit code 0 and without a result"},
      {{"print", "[]", "5"}, run + "ended with exit code 5 and without a result"},
      {{"say", "bad end"}, run + "ended with exit code 3 and without a result: bad end"},
      {{"write-out", "4096"}, run + "wrote more than 1 MiB to stdout"},
      {{"flood"}, run + "wrote more than 1 MiB to stdout"},
  };
  for (const Row& row : rows) {
    Batch batch;
    batch.units.add("bad", row.arguments).add("good", {"provisioned", "thing"});
    const BatchEnd end = batch.run();
    CHECK_FALSE(end.stopped);
    CHECK(batch.units.result("good")->outcome == UnitOutcome::kProvisioned);
    CHECK(batch.kind_of("bad") == "unit-crashed");
    CHECK(batch.units.result("bad")->message == row.message);
    CHECK(batch.units.result("bad")->retryable);
    CHECK(batch.units.result("bad")->exit_code != 0);
  }
}

TEST_CASE("a child that does not end in time is told to stop, then killed") {
  struct Row {
    const char* after_term;
    const char* kind;
  };
  for (const Row& row : {Row{"ignored", "unit-hung"}, Row{"terminated", "unit-hung"}, Row{"provisioned", ""}}) {
    CAPTURE(row.after_term);
    Batch batch;
    batch.units.time_limit = 100ms;
    batch.settings.margin = 100ms;
    batch.settings.grace = 50ms;
    batch.units.add("slow", {"until-term", batch.directory / "waits", row.after_term, "thing"});
    batch.units.add("good", {"provisioned", "other"});
    const BatchEnd end = batch.run();
    CHECK_FALSE(end.stopped);
    CHECK(batch.kind_of("slow") == row.kind);
    if (std::string(row.kind).empty()) continue;
    CHECK(batch.units.result("slow")->message == "the run of the unit slow did not end within 200 ms");
    CHECK(batch.units.result("slow")->retryable);
  }
}

TEST_CASE("a locked unit is tried again, but not for ever") {
  Batch batch;
  batch.units.add("twice", {"locked", batch.directory / "twice", "2", "thing"});
  batch.units.add("for-ever", {"locked", batch.directory / "ever", "1000", "other"});
  batch.units.add("good", {"provisioned", "third"});
  const BatchEnd end = batch.run();
  CHECK(batch.kind_of("twice").empty());
  CHECK(batch.kind_of("for-ever") == "locked");
  CHECK(read_text(batch.directory / "twice").size() == 3);
  CHECK(read_text(batch.directory / "ever").size() == batch.settings.locked_tries);
  CHECK(end.totals.remaining() == 0);
}

TEST_CASE("throttled children slow the batch down and are counted") {
  Batch batch;
  batch.units.add("a", {"throttled", "3", "thing-a"}).add("b", {"throttled", "1", "thing-b"});
  const BatchEnd end = batch.run();
  CHECK(end.totals.throttled == 4);
  CHECK(batch.units.result("a")->throttled == 3);
  CHECK(batch.observer.said.empty());
}

TEST_CASE("the observer gets the lines of children if it wants them") {
  Batch batch;
  batch.settings.forward_lines = true;
  batch.units.add("a", {"say", "one\ntwo"});
  static_cast<void>(batch.run());
  CHECK(batch.observer.said == Strings{"a: one", "a: two"});
}

TEST_CASE("units start at the rate") {
  Batch batch;
  batch.settings.batch.rate = 40;
  for (int i = 0; i < 10; ++i) batch.units.add("u" + std::to_string(i), {"provisioned", "t" + std::to_string(i)});
  const Instant began = std::chrono::steady_clock::now();
  static_cast<void>(batch.run());
  const auto took = std::chrono::steady_clock::now() - began;
  // Nine intervals of 50 ms.
  CHECK(took >= 430ms);
  CHECK(batch.units.results.size() == 10);
}
