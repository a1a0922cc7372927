// Batches over a program that acts as a child: what is started, recorded, told and left.
#include "batch/run/run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

/// Units in memory, and their results.
class FakeUnits final : public UnitSource {
 public:
  FakeUnits& add(const std::string& name, const Strings& arguments) {
    Unit each;
    each.name = name;
    each.line = units_.size() + 2;
    each.arguments = arguments;
    each.digest = "00000000000000aa";
    each.time_limit = time_limit;
    units_.push_back(std::move(each));
    return *this;
  }
  /// As from an earlier batch.
  void recorded(const std::string& unit, UnitOutcome outcome, const std::string& digest = "00000000000000aa") {
    UnitResult result;
    result.unit = unit;
    result.outcome = outcome;
    result.digest = digest;
    result.thing_name = "thing-" + unit;
    ledger_.add(result);
  }

  [[nodiscard]] std::size_t size() const override { return units_.size(); }
  [[nodiscard]] std::string_view name(Manifest::Number unit) const override { return units_[unit].name; }
  [[nodiscard]] Result<Unit> unit(Manifest::Number unit) const override { return units_[unit]; }
  [[nodiscard]] bool has_digest(Manifest::Number unit, std::uint64_t digest) const override {
    std::uint64_t own = 0;
    const std::string& text = units_[unit].digest;
    std::from_chars(text.data(), text.data() + text.size(), own, 16);
    return own == digest;
  }
  [[nodiscard]] const Ledger& ledger() const override { return ledger_; }
  [[nodiscard]] Result<void> append(const std::vector<UnitResult>& added) override {
    ++appends;
    if (failing_appends > 0) {
      --failing_appends;
      return fail(ErrorKind::kDiskFull, "cannot write results.jsonl: no space left on device");
    }
    for (const UnitResult& each : added) {
      results.push_back(each);
      ledger_.add(each);
    }
    return {};
  }
  [[nodiscard]] const UnitResult* result(const std::string& unit) const {
    const auto found =
        std::find_if(results.begin(), results.end(), [&](const UnitResult& each) { return each.unit == unit; });
    return found == results.end() ? nullptr : &*found;
  }

  std::vector<UnitResult> results;
  unsigned appends = 0;
  unsigned failing_appends = 0;
  Milliseconds time_limit{60'000};

 private:
  std::vector<Unit> units_;
  Ledger ledger_;
};

class RecordingBatchObserver final : public BatchObserver {
 public:
  void progress(const Totals& totals, Instant now) override {
    most_running = std::max(most_running, totals.running);
    times.push_back(now);
    if (on_progress) on_progress(totals);
  }
  void unit_failed(const UnitResult& result) override { failures.push_back(result.unit + ": " + result.message); }
  void unit_said(std::string_view unit, std::string_view line) override {
    said.push_back(std::string(unit) + ": " + std::string(line));
  }
  void warned(const std::string& message) override { warnings.push_back(message); }

  std::uint64_t most_running = 0;
  std::vector<Instant> times;
  Strings failures;
  Strings said;
  Strings warnings;
  std::function<void(const Totals&)> on_progress;
};

struct Batch {
  Batch() {
    settings.batch.jobs = 4;
    settings.child.program = STUB_CHILD;
    settings.margin = 10s;
    settings.grace = 10s;
    settings.locked_wait = 10ms;
  }
  BatchEnd run() { return run_units(units, settings, interrupt, observer); }
  [[nodiscard]] std::string kind_of(const std::string& unit) const {
    const UnitResult* result = units.result(unit);
    return result == nullptr ? "no result" : result->kind;
  }

  TemporaryDirectory directory;
  FakeUnits units;
  RunSettings settings;
  Interrupt interrupt;
  RecordingBatchObserver observer;
};

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

ErrorKind kind_of(const std::optional<Error>& error) {
  REQUIRE(error);
  return error->kind;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

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
