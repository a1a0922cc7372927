// report.html: one page without anything from outside, for the person who answers for a production run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "batch/report/report_file.hpp"
#include "batch/report/report_summary.hpp"

namespace fleet_provision::batch {

/// Takes a unit's result and its directory.
using RowVisitor = std::function<void(const UnitResult& result, const std::string& station)>;

struct PageLimits {
  /// Up to here the table is HTML, and whole without the script.
  std::size_t table_rows = 10'000;
  /// Up to here all units are in the page; in a longer report only the failed ones are.
  std::size_t page_rows = 250'000;
};

struct PageContent {
  const ReportSummary* summary;
  const ReportRows* rows;
  const std::vector<ReportSource>* sources;
  /// Damaged lines.
  const std::vector<std::string>* warnings;
  /// Calls the visitor for each row, in order.
  std::function<Result<void>(const RowVisitor&)> each_row;
  PageLimits limits = {};
};

/// Writes the page piece by piece. Fails only if a row cannot be read; the file keeps its own errors.
[[nodiscard]] Result<void> write_page(ReportFile& file, const PageContent& content);

/// `1 997 of 2 000 provisioned; 3 failed for good; 0 remain`.
[[nodiscard]] std::string headline_of(const ReportSummary& summary);

}  // namespace fleet_provision::batch
