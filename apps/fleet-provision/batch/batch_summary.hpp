// The result of a batch on stdout: `name: value` lines, or the object of --json (schema 1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/run/run.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"

namespace fleet_provision::batch {

struct BatchSummary {
  /// nullopt if no unit could be tried: the options or the manifest were refused, or only reports were written.
  std::optional<Totals> totals;
  Milliseconds duration{0};
  std::string output_dir;
  /// The path of report.html; empty if it was not written.
  std::string report;
  /// What decides the exit code.
  std::optional<Error> error;
  /// What `error` sums up: each error of the manifest, or of a report that was not written.
  std::vector<Error> errors;
  std::vector<std::string> warnings;
};

/// What the end of a batch means: why it stopped, else kUnitsRemain if a rerun may provision more units, else
/// kUnitsFailed if units failed for good, else nothing.
[[nodiscard]] std::optional<Error> error_of(const BatchEnd& end, const std::string& output_dir);

/// Units that are not provisioned and that a rerun may provision.
[[nodiscard]] std::uint64_t remaining_for_rerun(const Totals& totals);

/// Without `totals` only the report's path, if there is one.
[[nodiscard]] std::string summary_lines(const BatchSummary& summary);
/// Every key is present, null if unknown; ASCII only, with a final newline.
[[nodiscard]] std::string summary_json(const BatchSummary& summary);

}  // namespace fleet_provision::batch
