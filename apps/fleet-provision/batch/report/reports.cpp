#include "batch/report/reports.hpp"

#include "batch/report/report_csv.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kTwoIdentitiesWarned = 5;

std::vector<std::string> warnings_of_two_identities(const ReportRows& rows, const std::vector<ReportSource>& sources) {
  std::vector<std::string> warnings;
  const auto& found = rows.two_identities();
  for (std::size_t i = 0; i < found.size() && i < kTwoIdentitiesWarned; ++i) {
    const auto said = [&](std::size_t one) {
      return printable(sources[found[i].sources[one]].directory) + " (certificate " +
             printable(found[i].certificate_ids[one]) + ")";
    };
    warnings.push_back("the unit " + printable(rows.name(found[i].unit)) + " was provisioned in " + said(0) +
                       " and in " + said(1) + ": it has two identities");
  }
  if (rows.two_identities_count() > kTwoIdentitiesWarned) {
    warnings.push_back(std::to_string(rows.two_identities_count() - kTwoIdentitiesWarned) +
                       " further units have two identities; report.html lists them");
  }
  return warnings;
}

}  // namespace

Result<std::vector<ReportSource>> open_sources(const std::vector<std::string>& directories) {
  std::vector<ReportSource> sources;
  for (const std::string& directory : directories) {
    FP_TRY_ASSIGN(auto results, open_results_of(directory));
    FP_TRY_ASSIGN(auto facts, read_batch_facts(directory));
    sources.push_back({directory, std::move(facts), std::move(results)});
  }
  return sources;
}

Result<void> write_reports(std::vector<ReportSource>& sources, const std::string& directory,
                           std::vector<std::string>& warnings, const PageLimits& limits) {
  std::vector<std::string> damaged;
  FP_TRY_ASSIGN(const ReportRows rows, ReportRows::read(sources, damaged));
  warnings.insert(warnings.end(), damaged.begin(), damaged.end());
  for (std::string& each : warnings_of_two_identities(rows, sources)) warnings.push_back(std::move(each));
  FP_TRY_ASSIGN(const ReportSummary summary, summary_of(rows, sources));
  FP_TRY_ASSIGN(auto csv, ReportFile::open(directory, "report.csv"));
  FP_TRY_ASSIGN(auto page, ReportFile::open(directory, "report.html"));
  const bool several = sources.size() > 1;
  csv.write(csv_header(several));
  // The second pass: both files are written side by side.
  const auto each_row = [&](const RowVisitor& visit) -> Result<void> {
    for (std::size_t i = 0; i < rows.size() && !csv.failed() && !page.failed(); ++i) {
      const auto unit = static_cast<ReportRows::Number>(i);
      FP_TRY_ASSIGN(const UnitResult result, rows.result(unit));
      const std::string& station = sources[rows.row(unit).source].directory;
      csv.write(csv_row(result, several ? &station : nullptr));
      visit(result, station);
    }
    return {};
  };
  FP_TRY(write_page(page, {&summary, &rows, &sources, &damaged, each_row, limits}));
  FP_TRY(csv.commit());
  return page.commit();
}

}  // namespace fleet_provision::batch
