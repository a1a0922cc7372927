// results.jsonl as a whole: what is read, repaired, refused and appended; and the ledger.
#include <algorithm>

#include "batch/record/results_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/batch/record_samples.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using fleet_provision::batch::fakes::Bytes;
using fleet_provision::batch::test::sample_of;

namespace {

std::string lines_of(std::initializer_list<const char*> units) {
  std::string lines;
  for (const char* unit : units) lines += result_line(sample_of(unit));
  return lines;
}

std::string units_of(const Ledger& ledger) {
  std::string units;
  for (NameTable::Number i = 0; i < ledger.size(); ++i)
    units += std::string(i == 0 ? "" : " ") + std::string(ledger.name(i));
  return units;
}

}  // namespace

TEST_CASE("the end of a file that a power cut left is removed, and the warning shows it") {
  const std::string good = lines_of({"a", "b"});
  const std::string third = lines_of({"c"});
  struct Row {
    std::string end;
    std::string warning;
  };
  const std::vector<Row> rows{
      {"", ""},
      {"{",
       "removed 1 bytes at the end of line1/results.jsonl, a result that was not recorded in full (line 3: \"{\")"},
      {third.substr(0, 20),
       "removed 20 bytes at the end of line1/results.jsonl, a result that was not recorded in full (line 3: "
       "\"{\"unit\":\"c\",\"line\":2\")"},
      {third.substr(0, third.size() - 2), "removed 435 bytes"},
      {std::string(5000, '\0'), "removed 5000 bytes"},
      {std::string(3'000'000, '\0'), "removed 3000000 bytes"},
      {third.substr(0, 100) + std::string(300, '\0'), "removed 400 bytes"},
      {third.substr(0, 100) + std::string(300, '\0') + "\n", "removed 401 bytes"},
      {std::string(300, '\0') + third.substr(100), "removed 637 bytes"},
      {std::string("\xFF\n\x01\n\0{\"unit\"", 12), "removed 12 bytes"},
  };
  for (const Row& row : rows) {
    INFO(row.warning);
    Bytes file{good + row.end};
    std::vector<std::string> warnings;
    auto results = test::open(file, warnings);
    REQUIRE(results);
    CHECK(file.bytes == good);
    CHECK(file.syncs == 1);
    CHECK(units_of(results->ledger()) == "a b");
    REQUIRE(warnings.size() == (row.warning.empty() ? 0 : 1));
    if (!warnings.empty()) CHECK(warnings[0].starts_with(row.warning));
    // What is appended now stands on a line of its own.
    CHECK(results->append({sample_of("c")}));
    CHECK(file.bytes == good + third);
  }
}

TEST_CASE("a whole last line counts without its line feed") {
  const std::string lines = lines_of({"a", "b"});
  Bytes file{lines.substr(0, lines.size() - 1)};
  std::vector<std::string> warnings;
  auto results = test::open(file, warnings);
  REQUIRE(results);
  CHECK(units_of(results->ledger()) == "a b");
  CHECK(file.bytes == lines);
  CHECK(warnings == std::vector<std::string>{"added the missing line feed at the end of line1/results.jsonl"});
  CHECK(results->append({sample_of("c")}));
  CHECK(file.bytes == lines + lines_of({"c"}));
}

TEST_CASE("damage that no power cut leaves is an error, and nothing is changed") {
  const std::string a = lines_of({"a"});
  const std::string b = lines_of({"b"});
  struct Row {
    std::string bytes;
    std::string message;
  };
  const std::vector<Row> rows{
      {a + a.substr(0, 20) + "\n" + b, "line1/results.jsonl: line 2 is not a result: not JSON: the text ends early"},
      {a + a.substr(0, 20) + b, "line1/results.jsonl: line 2 is not a result: not JSON"},
      {std::string(500, '\0') + "\n" + b, "line1/results.jsonl: line 1 is not a result: it holds a NUL byte"},
      {a + std::string(500, '\0') + "\n" + b.substr(0, b.size() - 1), "line1/results.jsonl: line 2 is not a result"},
      {a + b + "# reviewed by QA\n", "line1/results.jsonl: line 3 is not a result: not JSON: a comment"},
      {a + "{}\n{}\n" + b, "line1/results.jsonl: lines 2 to 3 are not results (line 2: its \"unit\" is missing"},
      {a + "{}\n", "line1/results.jsonl: line 2 is not a result: its \"unit\" is missing"},
      {a + "{}\n" + std::string(9, '\0'), "line1/results.jsonl: line 2 is not a result: its \"unit\" is missing"},
      {a + std::string(kResultLineMax + 1, 'x') + "\n" + b,
       "line1/results.jsonl: line 2 is not a result: it is too long"},
  };
  for (const Row& row : rows) {
    INFO(row.message);
    Bytes file{row.bytes};
    std::vector<std::string> warnings;
    const auto results = test::open(file, warnings);
    REQUIRE_FALSE(results);
    CHECK(results.error().kind == ErrorKind::kResultsDamaged);
    CHECK(results.error().message.starts_with(row.message));
    CHECK_FALSE(results.error().hint.empty());
    CHECK(file.bytes == row.bytes);
  }
}

TEST_CASE("for a report damaged lines are left out, and a read-only file stays as it is") {
  const std::string a = lines_of({"a"});
  const std::string bytes = a + "{}\n" + lines_of({"b"}) + "\n" + a.substr(0, 9);
  Bytes file{bytes};
  file.read_only = true;
  fakes::MemoryFile opened(file);
  std::vector<std::string> warnings;
  std::string units;
  const auto end = read_results(
      opened, Damage::kLeaveOut, [&units](const RecordedLine& line) { units += line.result.unit; }, warnings);
  REQUIRE(end);
  CHECK(units == "ab");
  CHECK(end->torn == 9);
  CHECK(end->size + 9 == bytes.size());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("line1/results.jsonl: line 2 is not a result"));

  file.bytes = a + a.substr(0, 9);
  warnings.clear();
  const auto results = test::open(file, warnings);
  REQUIRE(results);
  CHECK(file.bytes == a + a.substr(0, 9));
  CHECK(file.syncs == 0);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("left out 9 bytes"));
}

TEST_CASE("lines are found at any distance from the borders of chunks") {
  Bytes file;
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) {
    UnitResult result = sample_of("gw-" + std::to_string(i));
    result.run_result = R"({"a":")" + std::string(static_cast<std::size_t>(i) * 1001, 'x') + "\"}";
    lines.push_back(result_line(result));
    file.bytes += lines.back();
  }
  std::vector<std::string> warnings;
  fakes::MemoryFile opened(file);
  const auto end = read_results(
      opened, Damage::kRefuse,
      [&](const RecordedLine& line) {
        const std::string& expected = lines.at(line.number - 1);
        CHECK(result_line(line.result) == expected);
        CHECK(file.bytes.substr(line.offset, line.length) + "\n" == expected);
      },
      warnings);
  REQUIRE(end);
  CHECK(end->size == file.bytes.size());
  CHECK(warnings.empty());
}

TEST_CASE("results are appended in one write and count once they are synced") {
  Bytes file;
  std::vector<std::string> warnings;
  auto results = test::open(file, warnings);
  REQUIRE(results);
  CHECK(results->append({}));
  CHECK(file.syncs == 1);
  CHECK(results->append({sample_of("a"), sample_of("b")}));
  CHECK(file.syncs == 2);
  CHECK(file.bytes == lines_of({"a", "b"}));
  CHECK(results->ledger().find("b"));

  SECTION("a short write is cut off, and can be repeated") {
    for (const int written : {0, 1, 200, 410, 500}) {
      file.short_write = written;
      const auto failed = results->append({sample_of("c"), sample_of("d")});
      REQUIRE_FALSE(failed);
      CHECK(failed.error().kind == ErrorKind::kDiskFull);
      CHECK(file.bytes == lines_of({"a", "b"}));
      CHECK(results->ledger().size() == 2);
    }
    CHECK(results->append({sample_of("c")}));
    CHECK(file.bytes == lines_of({"a", "b", "c"}));
  }
  SECTION("nothing is appended behind an end that could not be cut off") {
    file.short_write = 9;
    file.truncate_fails = true;
    CHECK(results->append({sample_of("c")}).error().kind == ErrorKind::kDiskFull);
    CHECK(results->append({sample_of("c")}).error().kind == ErrorKind::kDiskFull);
    CHECK(file.bytes == lines_of({"a", "b"}) + lines_of({"c"}).substr(0, 9));
    CHECK(results->ledger().size() == 2);
  }
  SECTION("after a sync that failed no other is trusted") {
    file.sync_fails = true;
    CHECK(results->append({sample_of("c")}).error().kind == ErrorKind::kDiskError);
    file.sync_fails = false;
    CHECK(results->append({sample_of("c")}).error().kind == ErrorKind::kDiskError);
    CHECK(file.bytes == lines_of({"a", "b"}));
    CHECK_FALSE(results->ledger().find("c"));
  }
  SECTION("a file that another program has changed is left alone") {
    file.bytes += "x";
    const auto failed = results->append({sample_of("c")});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::kResultsDamaged);
    CHECK(file.bytes == lines_of({"a", "b"}) + "x");
    file.bytes.pop_back();
    CHECK_FALSE(results->append({sample_of("c")}));
  }
}

TEST_CASE("a failed sync or repair of the end is an error of opening") {
  Bytes file{lines_of({"a"}) + "{"};
  std::vector<std::string> warnings;
  file.truncate_fails = true;
  CHECK(test::open(file, warnings).error().kind == ErrorKind::kDiskError);
  file.truncate_fails = false;
  file.sync_fails = true;
  CHECK(test::open(file, warnings).error().kind == ErrorKind::kDiskError);
}

TEST_CASE("the ledger has the last result of each unit") {
  Ledger ledger;
  UnitResult failed = sample_of("a");
  failed.outcome = UnitOutcome::kFailed;
  failed.digest = "not hexadecimal";
  ledger.add(failed);
  ledger.add(sample_of("b"));
  CHECK(ledger.size() == 2);
  CHECK(ledger.name(1) == "b");
  CHECK(ledger.find("a")->outcome == UnitOutcome::kFailed);
  CHECK(ledger.find("a")->digest == 0);
  CHECK(ledger.find("c") == nullptr);
  ledger.add(sample_of("a"));
  CHECK(ledger.size() == 2);
  CHECK(ledger.find("a")->outcome == UnitOutcome::kProvisioned);
  CHECK(ledger.find("a")->digest == 255);
}

TEST_CASE("a thing belongs to the unit that was provisioned with it first") {
  Ledger ledger;
  CHECK_FALSE(ledger.unit_with_thing("gateway"));
  UnitResult failed = sample_of("a", "gateway");
  failed.outcome = UnitOutcome::kFailed;
  ledger.add(failed);
  CHECK_FALSE(ledger.unit_with_thing("gateway"));
  ledger.add(sample_of("b", "gateway"));
  ledger.add(sample_of("c", "gateway"));
  ledger.add(sample_of("d", "Gateway"));
  CHECK(ledger.unit_with_thing("gateway") == "b");
  CHECK(ledger.unit_with_thing("Gateway") == "d");
  UnitResult without = sample_of("e");
  without.thing_name = std::nullopt;
  ledger.add(without);
  CHECK_FALSE(ledger.unit_with_thing(""));
}
