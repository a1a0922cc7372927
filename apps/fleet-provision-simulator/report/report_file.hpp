// From a log to a page, with the files around them.
#pragma once

#include <string>

#include "core/result.hpp"
#include "report/page.hpp"

namespace fleet_provision::simulator {

struct Report {
  std::string page;
  LogFacts facts;
};

/// Reads an event log of any size; `-` is stdin. kFileNotFound or kFileUnreadable, also for a file that has lines but
/// no event.
[[nodiscard]] Result<Report> report_from_log(const std::string& path);

/// `3 lines of FILE are not events: first line 17`; empty when all lines are events.
[[nodiscard]] std::string other_lines_text(const LogFacts& facts, const std::string& path);

/// Whether a page can replace `path`: its directory can be written, and it is absent or a regular file, so that no
/// device or pipe is replaced. `log` must be another file. kStateNotWritable or kUsage.
[[nodiscard]] Result<void> check_report_file(const std::string& path, const std::string& log);

/// Replaces the file by a rename; a symbolic link is followed. kDiskError.
[[nodiscard]] Result<void> write_report(const std::string& path, const std::string& page);

}  // namespace fleet_provision::simulator
