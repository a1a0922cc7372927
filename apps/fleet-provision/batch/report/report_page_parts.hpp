// The parts of report.html, each written by its own file.
#pragma once

#include "batch/report/report_page.hpp"
#include "core/html.hpp"
#include "core/page.hpp"

namespace fleet_provision::batch {

[[nodiscard]] PagePart report_style();
/// Filters and turns the pages of the table of units.
[[nodiscard]] PagePart report_script();

/// "What failed", and thing names that several units have; nothing where there is nothing to say.
void write_failures(Html& html, const ReportSummary& summary);
void write_shared_things(Html& html, const ReportSummary& summary);
/// The charts. Nothing without results.
void write_throughput(Html& html, const Throughput& throughput);
void write_durations(Html& html, const Durations& durations);
/// The table of units, row by row into the file. Fails if a row cannot be read.
[[nodiscard]] Result<void> write_units(Html& html, ReportFile& file, const PageContent& content);

struct ReportColumn {
  const char* name;
  bool is_number = false;
};
/// A table that can be scrolled; `rows` writes the rows of its body.
void write_table(Html& html, const char* label, const std::vector<ReportColumn>& columns,
                 const std::function<void()>& rows);

/// `2026-11-23 06:12:00`, in UTC.
[[nodiscard]] std::string date_and_time(std::int64_t seconds_since_1970);

}  // namespace fleet_provision::batch
