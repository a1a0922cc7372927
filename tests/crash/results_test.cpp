// After a power cut at any operation on results.jsonl, whatever survives, the next batch finds every line that counted,
// and in the end the file has one line for each unit.
#include <map>
#include <memory>
#include <set>
#include <type_traits>

#include "batch/record/results.hpp"
#include "tests/crash/results_disk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/report_row.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::crash;
using fleet_provision::fakes::PowerCut;

namespace {

/// The units of the batch, as they end together.
const std::vector<std::vector<std::string>> kGroups{{"gw-1"}, {"gw-2", "gw-3"}, {"gw-4"}};

UnitResult result_of(const std::string& unit) {
  UnitResult result;
  result.unit = unit;
  result.outcome = UnitOutcome::kProvisioned;
  result.thing_name = unit;
  return result;
}

/// What went wrong; empty if nothing did.
using Violation = std::string;

/// A station: it runs batches over a disk, and knows the units whose lines counted.
class Station {
 public:
  /// One batch from its start to its end, or to the first error or power cut.
  Violation batch(ResultsDisk& disk) {
    std::vector<std::string> warnings;
    auto results = Results::open(std::make_unique<CrashingFile>(disk), warnings);
    if (!results) return results.error().kind == ErrorKind::kResultsDamaged ? results.error().message : Violation();
    const Ledger& ledger = results->ledger();
    for (const std::string& unit : counted_) {
      if (ledger.find(unit) == nullptr) return unit + " was lost";
    }
    // A batch skips what it finds.
    for (NameTable::Number i = 0; i < ledger.size(); ++i) counted_.emplace(ledger.name(i));
    for (const auto& group : kGroups) {
      std::vector<UnitResult> ended;
      for (const std::string& unit : group) {
        if (ledger.find(unit) == nullptr) ended.push_back(result_of(unit));
      }
      if (!results->append(ended) && !results->append(ended)) return {};
      for (const UnitResult& each : ended) counted_.insert(each.unit);
    }
    return {};
  }

  /// A batch that nothing disturbs, and then a power cut that takes all it can: each unit has one line.
  Violation last_batch(ResultsDisk& disk) {
    disk.before = nullptr;
    if (Violation violation = batch(disk); !violation.empty()) return violation;
    disk.cut({});
    std::map<std::string, unsigned> lines;
    for (std::string_view rest = disk.durable; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      if (rest.find('\n') == std::string_view::npos) return "the last line has no end";
      const auto result = parse_result_line(rest.substr(0, rest.find('\n')));
      if (!result) return "a line is damaged: " + result.error().message;
      ++lines[result->unit];
    }
    for (const auto& group : kGroups) {
      for (const std::string& unit : group) {
        if (lines[unit] != 1) return unit + " has " + std::to_string(lines[unit]) + " lines";
      }
    }
    return {};
  }

 private:
  std::set<std::string> counted_;
};

unsigned operations_of_a_batch() {
  ResultsDisk disk;
  CHECK(Station().batch(disk).empty());
  return disk.operations;
}

/// All that may survive of so many bytes: each beginning, alone and with zeros up to the whole length.
std::vector<Survival> survivals_of(std::size_t unsynced) {
  std::vector<Survival> all;
  for (std::size_t written = 0; written <= unsynced; ++written) {
    all.push_back({written, 0});
    if (written < unsynced) all.push_back({written, unsynced - written});
  }
  return all;
}

struct Killed {};

/// A batch that ends before this operation; whether it came to it.
template <class End>
bool ends_at(Station& station, ResultsDisk& disk, unsigned operation, Violation& violation) {
  disk.operations = disk.syncs = 0;
  disk.before = [operation](unsigned number, std::string_view) -> Result<void> {
    if (number == operation) throw End();
    return {};
  };
  try {
    violation = station.batch(disk);
    return false;
  } catch (const End&) {
    return true;
  }
}

struct Tally {
  unsigned cuts = 0;
  std::vector<Violation> violations;

  void add(const Violation& violation) {
    ++cuts;
    if (!violation.empty()) violations.push_back(violation);
  }
};

/// A power cut before each operation, with all that may survive.
Tally cut_everywhere(const ResultsDisk& mistakes) {
  Tally tally;
  for (unsigned operation = 1; operation <= operations_of_a_batch() + 1; ++operation) {
    ResultsDisk at_cut = mistakes;
    Station station;
    Violation violation;
    if (!ends_at<PowerCut>(station, at_cut, operation, violation)) tally.add(violation);
    for (const Survival& survival : survivals_of(at_cut.unsynced())) {
      ResultsDisk disk = at_cut;
      Station later = station;
      disk.cut(survival);
      tally.add(later.last_batch(disk));
    }
  }
  return tally;
}

/// A first end before each operation, which leaves `survival` of a power cut or everything of a kill, and then a power
/// cut before each operation of the next batch.
template <class End>
Tally cut_the_next_batch(const ResultsDisk& mistakes, bool zeros) {
  Tally tally;
  for (unsigned first = 1; first <= operations_of_a_batch(); ++first) {
    for (unsigned second = 1; second <= operations_of_a_batch() + 2; ++second) {
      ResultsDisk disk = mistakes;
      Station station;
      Violation violation;
      ends_at<End>(station, disk, first, violation);
      const std::size_t half = disk.unsynced() / 2;
      if (std::is_same_v<End, PowerCut>) disk.cut({half, zeros ? disk.unsynced() - half : 0});
      ends_at<PowerCut>(station, disk, second, violation);
      if (violation.empty()) {
        disk.cut({zeros ? disk.unsynced() / 3 : 0, 0});
        violation = station.last_batch(disk);
      }
      tally.add(violation);
    }
  }
  return tally;
}

/// Each operation fails once, and the power is cut at the end of all.
Tally fail_everywhere(const ResultsDisk& mistakes) {
  Tally tally;
  for (unsigned operation = 1; operation <= operations_of_a_batch(); ++operation) {
    for (const std::size_t short_write : {0U, 1U, 100U, 280U, 400U}) {
      ResultsDisk disk = mistakes;
      disk.short_write = short_write;
      disk.before = [operation](unsigned number, std::string_view doing) -> Result<void> {
        if (number != operation) return {};
        return fail(doing == "append" ? ErrorKind::kDiskFull : ErrorKind::kDiskError, "fails");
      };
      Station station;
      Violation violation = station.batch(disk);
      if (violation.empty()) violation = station.last_batch(disk);
      tally.add(violation);
    }
  }
  return tally;
}

std::string first_of(const Tally& tally) {
  return tally.violations.empty() ? std::string() : tally.violations.front();
}

}  // namespace

TEST_CASE("after a power cut at any operation no line is lost and none is there twice") {
  const Tally tally = cut_everywhere({});
  INFO(first_of(tally));
  CHECK(tally.violations.empty());
  // Guards against a loop that is empty by mistake.
  CHECK(tally.cuts > 2000);
  test::report_row("power cut at each operation on results.jsonl, with each beginning of what was written (in memory)",
                   tally.cuts, "each line that counted is there, one line for each unit");
}

TEST_CASE("a power cut or a kill and then a power cut lose nothing either") {
  unsigned cuts = 0;
  for (const bool zeros : {false, true}) {
    for (const Tally& tally : {cut_the_next_batch<PowerCut>({}, zeros), cut_the_next_batch<Killed>({}, zeros)}) {
      INFO(first_of(tally));
      CHECK(tally.violations.empty());
      cuts += tally.cuts;
    }
  }
  CHECK(cuts > 200);
}

TEST_CASE("after a full disk or a disk error at any operation nothing is lost") {
  const Tally tally = fail_everywhere({});
  INFO(first_of(tally));
  CHECK(tally.violations.empty());
  CHECK(tally.cuts > 30);
}

TEST_CASE("with a mistake in the code the tests of power cuts find what breaks") {
  ResultsDisk without_sync;
  without_sync.without_sync = true;
  CHECK_FALSE(cut_everywhere(without_sync).violations.empty());
  // The end of a file is not repaired, or a sync that failed is followed by another.
  ResultsDisk without_truncate;
  without_truncate.without_truncate = true;
  CHECK_FALSE(cut_everywhere(without_truncate).violations.empty());
  CHECK_FALSE(fail_everywhere(without_truncate).violations.empty());
  // The lines that a killed batch left in memory are not synced by the next one.
  for (unsigned sync = 1; sync <= 2; ++sync) {
    ResultsDisk one;
    one.sync_left_out = sync;
    CHECK_FALSE(cut_the_next_batch<Killed>(one, false).violations.empty());
  }
}
