// `fleet-provision batch`: manifest, units, reports, summary.
#pragma once

#include "config/options.hpp"
#include "output/report.hpp"

namespace fleet_provision::batch {

/// Runs the command; returns the exit code. Writes progress and errors to stderr through `report`, and the summary to
/// stdout.
[[nodiscard]] int batch_command(const Options& options, const Environment& environment, const OutputSettings& output,
                                Report& report);

/// Ends a batch whose options were refused before it began: the error and, with `json`, the summary. Returns the exit
/// code.
[[nodiscard]] int refuse_batch(Error error, Report& report, bool json);

}  // namespace fleet_provision::batch
