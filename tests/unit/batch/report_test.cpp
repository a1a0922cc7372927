// report.csv, which result of a unit counts, and how both files are written.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "batch/report/report_csv.hpp"
#include "batch/report/report_file.hpp"
#include "batch/report/report_summary.hpp"
#include "report_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;
using fleet_provision::test::in_child;
using fleet_provision::test::read_text;
using fleet_provision::test::TemporaryDirectory;

TEST_CASE("a cell of report.csv is one line, harmless in a spreadsheet, and a valid name as it is") {
  struct Row {
    std::string text;
    std::string cell;
  };
  // NOLINTBEGIN(modernize-raw-string-literal,misc-misleading-bidirectional): each byte is written as itself.
  const Row rows[] = {{"", ""},
                      {"gateway-4711", "gateway-4711"},
                      {"-4711:a.b_c", "-4711:a.b_c"},
                      {"a,b", "\"a,b\""},
                      {"say \"hi\"", "\"say \"\"hi\"\"\""},
                      {"=1", "'=1"},
                      {"+1", "'+1"},
                      {"@SUM(A1)", "'@SUM(A1)"},
                      {"-1+2", "'-1+2"},
                      {"=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""},
                      {"\t=1", "\\x09=1"},
                      {"\r\n=1", "\\x0d\\x0a=1"},
                      {"\x1b[31m", "\\x1b[31m"},
                      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
                      {"\xff", "\\xff"},
                      {"Größe", "Größe"}};
  // NOLINTEND(modernize-raw-string-literal,misc-misleading-bidirectional)
  for (const Row& row : rows) CHECK(csv_cell(row.text) == row.cell);
}

TEST_CASE("report.csv has one row for each unit, with its last result, in the order of the first") {
  Stations stations;
  UnitResult again = provisioned("b", "06:13:00");
  again.outcome = UnitOutcome::kAlreadyProvisioned;
  again.attempts = 2;
  stations.add("line", lines_of({provisioned("a"), failed("b"), failed("c", "throttled", true), again}), 4);
  REQUIRE(stations.write());
  CHECK(stations.csv() ==
        "unit,thingName,certificateId,outcome,kind,exitCode,attempts,durationMs,finishedAt\n"
        "a,gateway-a,cert-a,provisioned,,0,1,250,2026-11-27T06:12:00Z\n"
        "b,gateway-b,cert-b,already-provisioned,,0,2,250,2026-11-27T06:13:00Z\n"
        "c,,,failed,throttled,75,1,250,2026-11-27T06:12:00Z\n");
  CHECK(stations.warnings().empty());
}

TEST_CASE("of results of several stations a provisioned one counts before a failed one, then the later one") {
  struct Row {
    const char* what;
    std::vector<UnitResult> one;
    std::vector<UnitResult> other;
    const char* station;
  };
  const auto good = [](const char* time) { return provisioned("u", time); };
  const auto bad = [](const char* time) { return failed("u", "throttled", true, time); };
  const Row rows[] = {{"provisioned before failed", {good("06:01:00")}, {bad("06:02:00")}, "one"},
                      {"provisioned after failed", {bad("06:02:00")}, {good("06:01:00")}, "other"},
                      {"the later failure", {bad("06:02:00")}, {bad("06:01:00")}, "one"},
                      {"the later identity", {good("06:01:00")}, {good("06:02:00")}, "other"},
                      {"the last line of each station", {good("06:01:00")}, {good("06:02:00"), bad("06:03:00")}, "one"},
                      {"also of the first", {good("06:03:00"), bad("06:04:00")}, {good("06:01:00")}, "other"}};
  for (const Row& row : rows) {
    INFO(row.what);
    Stations stations;
    stations.add("one", lines_of(row.one));
    stations.add("other", lines_of(row.other));
    REQUIRE(stations.write());
    const std::string csv = stations.csv();
    CHECK(times(csv, "\n") == 2);
    CHECK_THAT(csv, Catch::Contains(",finishedAt,station\n"));
    CHECK_THAT(csv, Catch::Contains(std::string("/") + row.station + "\n"));
    CHECK(stations.warnings().empty());
  }
}

TEST_CASE("a unit that two stations gave two certificates is a warning") {
  Stations stations;
  UnitResult other = provisioned("both");
  other.certificate_id = "another";
  stations.add("one", lines_of({provisioned("both"), provisioned("same")}));
  stations.add("two", lines_of({other, provisioned("same"), failed("third")}));
  REQUIRE(stations.write());
  REQUIRE(stations.warnings().size() == 1);
  CHECK_THAT(stations.warnings().front(), Catch::Contains("the unit both was provisioned in ") &&
                                              Catch::Contains("/one (certificate cert-both) and in ") &&
                                              Catch::Contains("/two (certificate another)"));
  CHECK_THAT(stations.page(), Catch::Contains("<h2>Units with two identities</h2>"));
}

TEST_CASE("a report beside a running batch shows what is whole, and a damaged line is left out with a warning") {
  Stations stations;
  const std::string lines = lines_of({provisioned("a")}) + "{}\n" + lines_of({provisioned("b"), provisioned("c")});
  const std::string directory = stations.add("line", lines.substr(0, lines.size() - 10), 3);
  REQUIRE(stations.write());
  CHECK(times(stations.csv(), "\n") == 3);
  REQUIRE(stations.warnings().size() == 1);
  CHECK_THAT(stations.warnings().front(), Catch::Contains(directory + "/results.jsonl: line 2 is not a result"));
  CHECK_THAT(stations.page(), Catch::Contains("line 2 is not a result"));
  CHECK_THAT(stations.page(), Catch::Contains("<h1>2 of 3 provisioned; 0 failed for good; 1 remain</h1>"));
}

TEST_CASE("a directory without results is an error that names it") {
  const TemporaryDirectory scratch;
  const auto sources = open_sources({scratch.path().string() + "/"});
  REQUIRE_FALSE(sources);
  CHECK(sources.error().kind == ErrorKind::kFileNotFound);
  CHECK_THAT(sources.error().message, Catch::Contains(scratch.path().string()));
}

TEST_CASE("a report is written whole or not at all") {
  const TemporaryDirectory scratch;
  const std::string directory = scratch.path().string();
  const std::string path = scratch.write("report.csv", "old");
  const auto names = [&] {
    std::set<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(directory)) found.insert(each.path().filename());
    return found;
  };
  {
    auto file = ReportFile::open(directory, "report.csv");
    REQUIRE(file);
    file->write(std::string(1'000'000, 'x'));
    CHECK(read_text(path) == "old");
    // Another user who opened it could lock it and stop every later report.
    CHECK(std::filesystem::status(directory + "/.report.csv.new").permissions() == std::filesystem::perms(0600));
  }
  CHECK(read_text(path) == "old");
  CHECK(names() == std::set<std::string>{"report.csv"});
  {
    auto file = ReportFile::open(directory, "report.csv");
    REQUIRE(file);
    file->write("new");
    REQUIRE(file->commit());
  }
  CHECK(read_text(path) == "new");
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0644));
  CHECK(names() == std::set<std::string>{"report.csv"});
  const std::string full = in_child([&]() -> std::string {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto file = ReportFile::open(directory, "report.csv");
    if (!file) return file.error().message;
    for (int i = 0; i < 10; ++i) file->write(std::string(100'000, 'x'));
    const auto written = file->commit();
    return written ? "written" : std::string(word(written.error().kind)) + ": " + written.error().message;
  });
  CHECK_THAT(full, Catch::Contains("disk-full: cannot write " + path));
  CHECK(read_text(path) == "new");
  CHECK(names() == std::set<std::string>{"report.csv"});
}

namespace {

/// Whether somebody waits, within five seconds, for the lock of this file (proc_locks(5)).
bool waits_for_lock_of(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return false;
  const std::string inode = ":" + std::to_string(facts.st_ino) + " ";
  const Instant end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < end) {
    std::istringstream locks(read_text("/proc/locks"));
    for (std::string line; std::getline(locks, line);) {
      if (line.find("->") != std::string::npos && line.find(inode) != std::string::npos) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace

TEST_CASE("a second report of the same directory waits for the first") {
  const TemporaryDirectory scratch;
  const std::string directory = scratch.path().string();
  auto first = ReportFile::open(directory, "report.csv");
  REQUIRE(first);
  first->write("first");
  std::thread second([&] {
    auto file = ReportFile::open(directory, "report.csv");
    if (!file) return;
    file->write(read_text(directory + "/report.csv") + " second");
    static_cast<void>(file->commit());
  });
  CHECK(waits_for_lock_of(directory + "/.report.csv.new"));
  REQUIRE(first->commit());
  second.join();
  CHECK(read_text(directory + "/report.csv") == "first second");
}

TEST_CASE("round numbers of seconds") {
  struct Row {
    std::int64_t at_least;
    std::int64_t round;
  };
  for (const Row& row : {Row{0, 1}, Row{1, 1}, Row{3, 5}, Row{31, 60}, Row{61, 120}, Row{3601, 7200}, Row{86400, 86400},
                         Row{86401, 172800}}) {
    CHECK(round_seconds(row.at_least) == row.round);
  }
}

namespace {

/// The summary of these results.
ReportSummary summary_of_results(const std::vector<UnitResult>& results) {
  Stations stations;
  auto sources = open_sources({stations.add("line", lines_of(results))});
  REQUIRE(sources);
  std::vector<std::string> warnings;
  const auto rows = ReportRows::read(*sources, warnings);
  REQUIRE(rows);
  auto summary = summary_of(*rows, *sources);
  REQUIRE(summary);
  return *summary;
}

}  // namespace

TEST_CASE("the curve leaves out the pauses of a batch that was rerun later, unless there are many") {
  const auto curve = summary_of_results({provisioned("a", "06:00:00"), provisioned("b", "06:00:09"),
                                         failed("c", "rejected", false, "14:00:05"), provisioned("d", "14:00:05"),
                                         provisioned("e", "06:00:03")})
                         .throughput;
  CHECK(curve.width == 1);
  REQUIRE(curve.periods.size() == 2);
  CHECK(curve.periods[1].first_bin == 10);
  CHECK(curve.periods[1].begin - curve.periods[0].begin == 8 * 3600 + 5);
  REQUIRE(curve.bins.size() == 11);
  for (const std::size_t bin : {0U, 3U, 9U, 10U}) CHECK(curve.bins[bin].provisioned == 1);
  CHECK(curve.bins[10].failed == 1);
  std::vector<UnitResult> slow;
  slow.reserve(24);
  for (int hour = 0; hour < 24; ++hour) {
    slow.push_back(provisioned(std::to_string(hour), (hour < 10 ? "0" : "") + std::to_string(hour) + ":00:00"));
  }
  CHECK(summary_of_results(slow).throughput.periods.size() == 1);
}

TEST_CASE("curve, histogram and percentiles count each unit once") {
  std::vector<UnitResult> results;
  for (int i = 1; i <= 100; ++i) {
    results.push_back(
        provisioned(std::to_string(i), "06:12:" + std::string(i % 50 < 10 ? "0" : "") + std::to_string(i % 50)));
    results.back().duration = Milliseconds(i == 100 ? 60'000 : i);
  }
  results.push_back(failed("x", "throttled", true, "06:12:30"));
  UnitResult before = provisioned("y", "07:30:00");
  before.outcome = UnitOutcome::kAlreadyProvisioned;
  results.push_back(before);
  const ReportSummary summary = summary_of_results(results);
  CHECK(summary.durations.median_ms == 50);
  CHECK(summary.durations.percentile_95_ms == 95);
  CHECK(summary.durations.longest_ms == 60'000);
  CHECK(summary.durations.longer == 1);
  std::size_t in_bins = 0;
  for (const auto bin : summary.durations.bins) in_bins += bin;
  CHECK(in_bins == 99);
  CHECK(summary.throughput.width == 1);
  CHECK(summary.throughput.bins.size() == 50);
  std::size_t in_curve = 0;
  for (const auto& bin : summary.throughput.bins) in_curve += bin.provisioned;
  CHECK(in_curve == 100);
  CHECK(summary.throughput.bins[30].failed == 1);
}

TEST_CASE("a duration that no unit can have stays in the histogram") {
  UnitResult long_ago = provisioned("a");
  long_ago.duration = Milliseconds(std::int64_t{1} << 53U);
  const Durations durations = summary_of_results({long_ago}).durations;
  CHECK(durations.longer == 0);
  CHECK(durations.bins.back() == 1);
  CHECK(std::uint64_t{durations.width_ms} * durations.bins.size() <= std::numeric_limits<std::uint32_t>::max());
}

#ifndef FLEET_PROVISION_SANITIZED
namespace {

/// By how many KiB the peak of a process grows that reports so many units with long texts.
long grown_kib(const std::string& directory, int units) {
  {
    std::ofstream file(directory + "/results.jsonl");
    for (int i = 0; i < units; ++i) {
      UnitResult result = failed("unit-" + std::to_string(i), "throttled", true);
      result.message = result.thing_name.emplace(600, 'm');
      result.certificate_id.emplace(600, 'c');
      file << result_line(result);
    }
  }
  const std::string grown = in_child([&]() -> std::string {
    const auto peak_kib = [] {
      rusage usage{};
      ::getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss;
    };
    const long before = peak_kib();
    std::vector<std::string> warnings;
    auto sources = open_sources({directory});
    if (!sources || !write_reports(*sources, directory, warnings)) return "failed";
    return std::to_string(peak_kib() - before);
  });
  return std::stol(grown);
}

}  // namespace

TEST_CASE("memory does not grow with the text of the results") {
  const TemporaryDirectory scratch;
  const std::string directory = scratch.path().string();
  const long few = grown_kib(directory, 100);
  const long many = grown_kib(directory, 700);
  // 40 bytes for each unit and its name, with what a growing vector needs.
  constexpr long kKibMax = 400;
  INFO(few << " and " << many);
  CHECK(many - few < kKibMax);
  CHECK(std::filesystem::file_size(scratch / "report.html") > 2 * kKibMax * 1024);
  CHECK(std::filesystem::file_size(scratch / "report.csv") > 2 * kKibMax * 1024);
}
#endif
