#include "batch/batch_progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "batch/batch_summary.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

namespace {

/// stderr goes to a file while this object lives.
class CapturedErrors {
 public:
  CapturedErrors() : before_(::dup(STDERR_FILENO)) {
    const int file = ::open((directory_ / "stderr").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~CapturedErrors() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  [[nodiscard]] std::string text() const {
    std::string bytes(64 * 1024, '\0');
    const ssize_t size = ::pread(STDERR_FILENO, bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

 private:
  test::TemporaryDirectory directory_;
  int before_;
};

UnitResult failure(const std::string& unit, const std::string& kind, const std::string& hint = "do this") {
  UnitResult result;
  result.unit = unit;
  result.kind = kind;
  result.message = "it failed";
  result.hint = hint;
  return result;
}

Error error_with(ErrorKind kind, std::string message) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

Totals totals_of(std::uint64_t units, std::uint64_t provisioned) {
  Totals totals;
  totals.units = units;
  totals.provisioned = provisioned;
  return totals;
}

constexpr Instant kStart{std::chrono::hours{1}};

}  // namespace

TEST_CASE("the parts of a progress line stand in the order of their weight") {
  struct Row {
    BatchProgressNumbers numbers;
    std::vector<std::string> parts;
  };
  const Row rows[] = {
      {{.units = 1000}, {"0 of 1000 provisioned"}},
      {{.units = 1000, .provisioned = 312, .failed = 3, .rate = 41.2, .seconds_left = 16.6},
       {"312 of 1000 provisioned", "3 failed", "41/s", "17 s left"}},
      {{.units = 9, .provisioned = 1, .rate = 4.06, .seconds_left = 1.97}, {"1 of 9 provisioned", "4.1/s", "2 s left"}},
      {{.units = 9, .provisioned = 1, .rate = 0.5, .seconds_left = 119.2},
       {"1 of 9 provisioned", "30/min", "2 min left"}},
      {{.units = 9, .provisioned = 1, .rate = 0.05, .seconds_left = 12'000},
       {"1 of 9 provisioned", "3/min", "3 h 20 min left"}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.parts);
    CHECK(progress_parts(each.numbers) == each.parts);
  }
}

TEST_CASE("the rate is that of the last ten seconds, and the time left follows from it") {
  const CapturedErrors errors;
  OutputSettings output;
  Report report(output, kStart);
  BatchProgress progress(report, output, "out/results.jsonl");
  // 20 a second for 20 s, then 5 a second.
  std::uint64_t done = 0;
  for (int tenth = 0; tenth <= 400; ++tenth) {
    progress.progress(totals_of(1000, done), kStart + std::chrono::milliseconds(100 * tenth));
    if (tenth < 200) done += 2;
    if (tenth >= 200 && tenth % 2 == 0) ++done;
  }
  std::vector<std::string> lines;
  std::istringstream text(errors.text());
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  CHECK(lines == std::vector<std::string>{"fleet-provision: 200 of 1000 provisioned, 20/s, 40 s left",
                                          "fleet-provision: 400 of 1000 provisioned, 20/s, 30 s left",
                                          "fleet-provision: 450 of 1000 provisioned, 5.0/s, 110 s left",
                                          "fleet-provision: 500 of 1000 provisioned, 5.0/s, 100 s left"});
}

TEST_CASE("units of an earlier batch are provisioned but not in the rate, in which failures are") {
  const CapturedErrors errors;
  OutputSettings output;
  Report report(output, kStart);
  BatchProgress progress(report, output, "out/results.jsonl");
  Totals totals = totals_of(1000, 0);
  progress.progress(totals, kStart);
  totals.already_provisioned = 500;
  totals.provisioned = 300;
  totals.failed["dns"] = 100;
  totals.failed_for_good = 100;
  progress.progress(totals, kStart + std::chrono::seconds(10));
  CHECK(errors.text() == "fleet-provision: 800 of 1000 provisioned, 100 failed, 40/s, 3 s left\n");
}

TEST_CASE("no progress line is printed with --quiet, beside the live line, or within ten seconds") {
  struct Row {
    bool quiet;
    bool live_line;
    int seconds;
    bool printed;
  };
  for (const Row& each : {Row{false, false, 10, true}, Row{false, false, 9, false}, Row{true, false, 10, false},
                          Row{false, true, 10, false}}) {
    CAPTURE(each.quiet, each.live_line, each.seconds);
    const CapturedErrors errors;
    OutputSettings output;
    output.quiet = each.quiet;
    output.live_line = each.live_line;
    Report report(output, kStart);
    BatchProgress progress(report, output, "out/results.jsonl");
    progress.progress(totals_of(10, 2), kStart);
    progress.progress(totals_of(10, 4), kStart + std::chrono::seconds(each.seconds));
    CHECK((errors.text().find("fleet-provision: 4 of 10") != std::string::npos) == each.printed);
  }
}

TEST_CASE("failures without lines are counted every ten seconds; each new hint is printed") {
  const CapturedErrors errors;
  OutputSettings output;
  output.quiet = true;
  Report report(output, kStart);
  BatchProgress progress(report, output, "out/results.jsonl");
  progress.progress(totals_of(10, 0), kStart);
  for (const char* hint : {"one", "one", "two", "two"}) progress.unit_failed(failure("u", "dns", hint));
  UnitResult silent = failure("v", "rejected", "");
  silent.message.clear();
  progress.unit_failed(silent);
  progress.unit_said("u", "only with -v");
  progress.progress(totals_of(10, 0), kStart + std::chrono::seconds(10));
  CHECK(errors.text() ==
        "fleet-provision: error: u: it failed\n"
        "hint: one\n"
        "fleet-provision: error: u: it failed\n"
        "fleet-provision: error: u: it failed\n"
        "hint: two\n"
        "fleet-provision: error: v: rejected\n"
        "fleet-provision: error: 1 more unit failed with dns; see out/results.jsonl\n");
}

TEST_CASE("only the first failures of a kind have lines, and their hint stands once") {
  const CapturedErrors errors;
  OutputSettings output;
  output.quiet = true;
  Report report(output, kStart);
  BatchProgress progress(report, output, "out/results.jsonl");
  for (int i = 0; i < 1000; ++i) progress.unit_failed(failure(std::to_string(i), "policy-publish"));
  progress.unit_failed(failure("other", "dns", "check the name"));
  progress.finish();
  progress.finish();
  CHECK(errors.text() ==
        "fleet-provision: error: 0: it failed\n"
        "hint: do this\n"
        "fleet-provision: error: 1: it failed\n"
        "fleet-provision: error: 2: it failed\n"
        "fleet-provision: error: other: it failed\n"
        "hint: check the name\n"
        "fleet-provision: error: 997 more units failed with policy-publish; see out/results.jsonl\n");
}

TEST_CASE("in JSON each failure is an object with its unit") {
  const CapturedErrors errors;
  OutputSettings output;
  output.json_log = true;
  output.verbosity = 1;
  Report report(output, kStart);
  BatchProgress progress(report, output, "out/results.jsonl");
  for (int i = 0; i < 5; ++i) progress.unit_failed(failure(std::to_string(i), "policy-publish"));
  progress.unit_said("7", R"({"time":"x","level":"info","event":"reached","message":"key stored"})");
  progress.unit_said("7", R"({"event":"next-try","message":"again","attempt":2,"seconds":1.5})");
  progress.unit_said("8", "not \x01 JSON");
  progress.progress(totals_of(10, 2), kStart);
  progress.progress(totals_of(10, 4), kStart + std::chrono::seconds(10));
  std::vector<nlohmann::json> objects;
  std::istringstream text(errors.text());
  for (std::string line; std::getline(text, line);) objects.push_back(nlohmann::json::parse(line));
  REQUIRE(objects.size() == 9);
  CHECK(objects[4]["unit"] == "4");
  CHECK(objects[4]["event"] == "unit-failed");
  CHECK(objects[4]["level"] == "error");
  CHECK(objects[4]["kind"] == "policy-publish");
  CHECK(objects[4]["hint"] == "do this");
  CHECK(objects[5]["unit"] == "7");
  CHECK(objects[5]["event"] == "reached");
  CHECK(objects[5]["message"] == "key stored");
  CHECK(objects[6]["attempt"] == 2);
  CHECK(objects[6]["seconds"] == 1.5);
  CHECK(objects[7]["event"] == "detail");
  CHECK(objects[8]["event"] == "progress");
  CHECK(objects[8]["provisioned"] == 4);
  CHECK(objects[8]["unitsPerSecond"] == 0.2);
  CHECK(objects[8]["secondsLeft"] == 30);
}

TEST_CASE("what a batch came to decides its error") {
  struct Row {
    std::uint64_t provisioned;
    std::uint64_t for_good;
    std::uint64_t retryable;
    std::optional<ErrorKind> kind;
    std::string message;
  };
  const Row rows[] = {
      {10, 0, 0, std::nullopt, ""},
      {7, 3, 0, ErrorKind::kUnitsFailed, "3 of 10 units failed for good"},
      {7, 0, 3, ErrorKind::kUnitsRemain, "3 of 10 units are not provisioned yet"},
      {9, 0, 0, ErrorKind::kUnitsRemain, "1 of 10 units is not provisioned yet"},
      {7, 1, 1, ErrorKind::kUnitsRemain, "2 of 10 units are not provisioned yet, and 1 failed for good"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.message);
    BatchEnd end;
    end.totals = totals_of(10, each.provisioned);
    end.totals.failed_for_good = each.for_good;
    end.totals.failed_retryable = each.retryable;
    const auto error = error_of(end, "out");
    CHECK((error ? std::optional(error->kind) : std::nullopt) == each.kind);
    CHECK((error ? error->message : "") == each.message);
  }
  BatchEnd stopped;
  stopped.totals = totals_of(10, 10);
  stopped.stopped = error_with(ErrorKind::kInterrupted, "stopped by SIGINT");
  CHECK(error_of(stopped, "out")->kind == ErrorKind::kInterrupted);
}

TEST_CASE("the JSON summary has every key, whatever happened") {
  const auto keys = [](const BatchSummary& summary) {
    const auto json = nlohmann::ordered_json::parse(summary_json(summary));
    std::vector<std::string> names;
    for (const auto& [name, value] : json.items()) names.push_back(name);
    return names;
  };
  BatchSummary full;
  full.totals = totals_of(3, 1);
  full.totals->already_provisioned = 1;
  full.totals->failed["dns"] = 1;
  full.totals->failed_retryable = 1;
  full.output_dir = "out";
  full.report = "out/report.html";
  BatchSummary refused;
  refused.error = error_with(ErrorKind::kManifestUnusable, "units.csv has 1 error");
  refused.errors.push_back(error_with(ErrorKind::kManifestUnusable, "units.csv: line 2: no"));
  CHECK(keys(full) == keys(refused));

  const auto json = nlohmann::json::parse(summary_json(full));
  CHECK(json["outcome"] == "provisioned");
  CHECK(json["failed"] == nlohmann::json{{"dns", 1}});
  CHECK(json["remaining"] == 1);
  const auto other = nlohmann::json::parse(summary_json(refused));
  CHECK(other["outcome"] == "failed");
  CHECK(other["units"].is_null());
  CHECK(other["error"]["exitCode"] == 65);
  CHECK(other["errors"][0]["message"] == "units.csv: line 2: no");
}
