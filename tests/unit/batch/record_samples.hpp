// Results of units, and results over a file in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "batch/record/results.hpp"
#include "tests/fakes/memory_file.hpp"

namespace fleet_provision::batch::test {

inline UnitResult sample_of(const std::string& unit, const std::string& thing = {}) {
  UnitResult result;
  result.unit = unit;
  result.line = 2;
  result.started_at = *parse_rfc3339_milliseconds("2026-11-27T03:55:49.123Z");
  result.finished_at = *parse_rfc3339_milliseconds("2026-11-27T03:55:50.001Z");
  result.duration = Milliseconds(878);
  result.digest = "00000000000000ff";
  result.outcome = UnitOutcome::kProvisioned;
  result.thing_name = thing.empty() ? "thing-" + unit : thing;
  result.certificate_id = std::string(64, 'a');
  result.attempts = 1;
  result.run_result = R"({"schema":1,"outcome":"provisioned"})";
  return result;
}

using fakes::Bytes;
using fakes::MemoryFile;

inline Result<Results> open(Bytes& file, std::vector<std::string>& warnings) {
  return Results::open(std::make_unique<MemoryFile>(file), warnings);
}

}  // namespace fleet_provision::batch::test
