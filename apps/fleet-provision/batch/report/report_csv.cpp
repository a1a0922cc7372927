#include "batch/report/report_csv.hpp"

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

std::string csv_line(std::initializer_list<std::string_view> cells, const std::string* last) {
  std::string line;
  for (const std::string_view cell : cells) line += csv_cell(cell) + ",";
  if (last != nullptr) return line + csv_cell(*last) + "\n";
  line.back() = '\n';
  return line;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (is_alphanumeric_or(text, ":._-")) return std::string(text);
  std::string cell = printable(text);
  if (std::string_view("=+-@").find(cell.front()) != std::string_view::npos) cell.insert(0, 1, '\'');
  if (cell.find_first_of("\", ") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char each : cell) quoted += each == '"' ? std::string("\"\"") : std::string(1, each);
  return quoted + "\"";
}

std::string csv_header(bool with_station) {
  const std::string station = "station";
  return csv_line(
      {"unit", "thingName", "certificateId", "outcome", "kind", "exitCode", "attempts", "durationMs", "finishedAt"},
      with_station ? &station : nullptr);
}

std::string csv_row(const UnitResult& result, const std::string* station) {
  return csv_line({result.unit, result.thing_name.value_or(""), result.certificate_id.value_or(""),
                   word(result.outcome), result.kind, std::to_string(result.exit_code), std::to_string(result.attempts),
                   std::to_string(result.duration.count()), rfc3339(result.finished_at)},
                  station);
}

}  // namespace fleet_provision::batch
