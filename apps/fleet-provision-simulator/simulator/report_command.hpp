// `fleet-provision-simulator report`: an event log as a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// Whether the first argument is `report`. `arguments` is argv.
[[nodiscard]] bool is_report_command(const std::vector<std::string>& arguments);

struct ReportOutput {
  /// What goes to stdout: the page or the help; empty when the page went to a file.
  std::string text;
  /// One message for stderr about lines that are not events; empty: none.
  std::string warning;
};

/// Reads the log and writes the file of --report. kUsage for wrong options, kFileNotFound or kFileUnreadable for the
/// log, kStateNotWritable or kDiskError for the page.
[[nodiscard]] Result<ReportOutput> run_report_command(const std::vector<std::string>& arguments);

}  // namespace fleet_provision::simulator
