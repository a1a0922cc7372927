// `results.jsonl` as `batch --report` reads it: a report of all lines that are results, as a page whose elements all
// end and as a table with one line for each unit.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "batch/report/report_csv.hpp"
#include "batch/report/report_rows.hpp"
#include "batch/report/report_summary.hpp"
#include "batch/report/reports.hpp"
#include "tests/fakes/memory_file.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;

namespace {

void is_one_line(const std::string& row) {
  must_hold(is_utf8(row) && row.find('\n') == row.size() - 1, "a row is one line of text");
  must_hold(row.find('\r') == std::string::npos, "a row holds no control character");
}

std::vector<ReportSource> sources_of(fakes::Bytes& first, fakes::Bytes& second) {
  std::vector<ReportSource> sources;
  sources.push_back({"line1", std::nullopt, std::make_unique<fakes::MemoryFile>(first)});
  sources.push_back({"line2", BatchFacts{"units.csv", 3, "1/1", "a.example", "gateway", {}},
                     std::make_unique<fakes::MemoryFile>(second)});
  return sources;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  fakes::Bytes first{std::string(text.substr(0, text.find('\0')))};
  fakes::Bytes second{std::string(text.substr(std::min(first.bytes.size() + 1, size)))};
  auto sources = sources_of(first, second);
  std::vector<std::string> warnings;
  const auto rows = ReportRows::read(sources, warnings);
  for (const std::string& each : warnings)
    must_hold(printable(each, 8 * each.size()) == each, "a warning can be shown");
  if (!rows) {
    refused_as(rows.error(), ErrorKind::kResultsDamaged);
    return 0;
  }
  const auto summary = summary_of(*rows, sources);
  must_hold(summary.has_value(), "there is a summary of what was read");
  must_hold(summary->results == rows->size(), "each unit is counted");
  must_hold(
      summary->provisioned + summary->already_provisioned + summary->failed_for_good + summary->failed_retryable ==
          rows->size(),
      "each unit has one outcome");
  std::string station = "line1";
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto unit = rows->result(static_cast<ReportRows::Number>(i));
    must_hold(unit.has_value() && unit->unit == rows->name(static_cast<ReportRows::Number>(i)), "a unit is read again");
    is_one_line(csv_row(*unit, &station));
  }
  return 0;
}
