// Output directories for tests of reports, and what the reports of them say.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "batch/record/batch_facts.hpp"
#include "batch/record/unit_result.hpp"
#include "batch/report/reports.hpp"
#include "core/wall_time.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::batch::test {

/// A time of the tests' day.
inline WallTime clock_time(const std::string& text) {
  return *parse_rfc3339("2026-11-27T" + text + "Z");
}

/// A unit that was provisioned in 250 ms.
inline UnitResult provisioned(const std::string& unit, const std::string& finished = "06:12:00") {
  UnitResult result;
  result.unit = unit;
  result.finished_at = clock_time(finished);
  result.duration = Milliseconds(250);
  result.started_at = result.finished_at - result.duration;
  result.digest = "0123456789abcdef";
  result.outcome = UnitOutcome::kProvisioned;
  result.thing_name = "gateway-" + unit;
  result.certificate_id = "cert-" + unit;
  result.attempts = 1;
  return result;
}

inline UnitResult failed(const std::string& unit, const std::string& kind = "rejected", bool retryable = false,
                         const std::string& finished = "06:12:00") {
  UnitResult result = provisioned(unit, finished);
  result.outcome = UnitOutcome::kFailed;
  result.kind = kind;
  result.message = "the service rejected " + unit;
  result.hint = "correct the manifest";
  result.retryable = retryable;
  result.exit_code = retryable ? 75 : 69;
  result.thing_name.reset();
  result.certificate_id.reset();
  return result;
}

inline std::string lines_of(const std::vector<UnitResult>& results) {
  std::string lines;
  for (const UnitResult& each : results) lines += result_line(each);
  return lines;
}

/// Output directories below one that is removed.
class Stations {
 public:
  /// DIR with these lines as results.jsonl; with batch.json unless `units` is 0.
  std::string add(const std::string& name, const std::string& lines, std::size_t units = 0,
                  const std::string& shard = "1/1") {
    std::string directory = scratch_ / name;
    std::filesystem::create_directory(directory);
    fleet_provision::test::write_text(directory + "/results.jsonl", lines);
    if (units != 0) {
      BatchFacts facts{"units.csv", units, shard, "localhost", "gateway", clock_time("06:10:00")};
      fleet_provision::test::write_text(directory + "/batch.json", to_json(facts));
    }
    directories_.push_back(directory);
    return directory;
  }

  /// Writes both reports of all stations into the first one's directory.
  [[nodiscard]] Result<void> write(const PageLimits& limits = {}) {
    warnings_.clear();
    auto sources = open_sources(directories_);
    if (!sources) return fail(sources.error());
    return write_reports(*sources, directories_.front(), warnings_, limits);
  }
  [[nodiscard]] std::string csv() const {
    return fleet_provision::test::read_text(directories_.front() + "/report.csv");
  }
  [[nodiscard]] std::string page() const {
    return fleet_provision::test::read_text(directories_.front() + "/report.html");
  }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  fleet_provision::test::TemporaryDirectory scratch_;
  std::vector<std::string> directories_;
  std::vector<std::string> warnings_;
};

/// How often `part` is in `text`.
inline std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace fleet_provision::batch::test
