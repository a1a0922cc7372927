// A batch over units in memory; the program STUB_CHILD (stub_child.cpp) stands for fleet-provision, and the arguments
// of a unit say what it does.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "batch/run/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::batch::test {

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

/// Keeps what it is told, and may act on progress.
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

/// A batch of these units with short waits, and what its observer was told.
struct Batch {
  Batch() {
    settings.batch.jobs = 4;
    settings.child.program = STUB_CHILD;
    settings.margin = std::chrono::seconds(10);
    settings.grace = std::chrono::seconds(10);
    settings.locked_wait = Milliseconds(10);
  }
  [[nodiscard]] BatchEnd run() { return run_units(units, settings, interrupt, observer); }
  /// Empty for a unit that was provisioned.
  [[nodiscard]] std::string kind_of(const std::string& unit) const {
    const UnitResult* result = units.result(unit);
    return result == nullptr ? "no result" : result->kind;
  }

  fleet_provision::test::TemporaryDirectory directory;
  FakeUnits units;
  RunSettings settings;
  Interrupt interrupt;
  RecordingBatchObserver observer;
};

inline bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// REQUIREs that there is one.
inline ErrorKind kind_of(const std::optional<Error>& error) {
  REQUIRE(error);
  return error->kind;
}

/// Of this process alone.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace fleet_provision::batch::test
