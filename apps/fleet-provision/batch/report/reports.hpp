// report.csv and report.html of one output directory or of several.
#pragma once

#include <string>
#include <vector>

#include "batch/report/report_page.hpp"
#include "batch/report/report_rows.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Reads the results of each directory; kFileNotFound for a directory without results.jsonl.
[[nodiscard]] Result<std::vector<ReportSource>> open_sources(const std::vector<std::string>& directories);

/// Writes report.csv and report.html in `directory`, each whole and by one rename. Rows are read from the sources one
/// by one; memory holds 40 bytes and the name of each unit. A unit with results in several sources has one row: a
/// provisioned result counts before a failed one, then the later one. `warnings` names damaged lines, and units that
/// two stations provisioned with two certificates.
[[nodiscard]] Result<void> write_reports(std::vector<ReportSource>& sources, const std::string& directory,
                                         std::vector<std::string>& warnings, const PageLimits& limits = {});

}  // namespace fleet_provision::batch
