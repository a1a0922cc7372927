// The table of all units. Up to PageLimits::table_rows rows are HTML, which the script takes over page by page. More
// are compact JSON in a script element that holds data; without the script the page then points to report.csv.
#include "batch/report/report_page_parts.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

/// More rows than this are not put on paper.
constexpr std::size_t kPaperRowsMax = 500;
constexpr std::size_t kCellBytesMax = 300;

const char* outcome_text(const UnitResult& result) {
  switch (result.outcome) {
    case UnitOutcome::kProvisioned: return "provisioned";
    case UnitOutcome::kAlreadyProvisioned: return "provisioned before";
    case UnitOutcome::kFailed: return result.retryable ? "failed, can be rerun" : "failed for good";
  }
  return "";
}

/// The cells in the order of the columns; the script has the same order.
std::vector<std::string> cells_of(const UnitResult& result) {
  return {result.unit,
          outcome_text(result),
          result.kind,
          result.message,
          result.thing_name.value_or(""),
          std::to_string(result.attempts),
          duration_text(result.duration),
          date_and_time(std::chrono::floor<std::chrono::seconds>(result.finished_at.time_since_epoch()).count()),
          result.certificate_id.value_or("")};
}

void write_row(Html& html, const UnitResult& result, const std::string* station) {
  const std::vector<std::string> cells = cells_of(result);
  const bool failed = result.outcome == UnitOutcome::kFailed;
  const std::string outcome_class = !failed ? "outcome" : result.retryable ? "outcome warning" : "outcome failure";
  html.element("tr", {}, [&] {
    html.element("th", {{"scope", "row"}}, cells[0]);
    html.element("td", {{"class", outcome_class}}, cells[1]);
    html.element("td", {}, [&] {
      if (!cells[2].empty()) html.element("code", {}, cells[2]);
      if (!cells[3].empty()) html.text(" " + printable(cells[3], kCellBytesMax));
    });
    html.element("td", {}, cells[4]);
    html.element("td", {{"class", "number"}}, cells[5]);
    html.element("td", {{"class", "number"}}, cells[6]);
    html.element("td", {{"class", "time"}}, cells[7]);
    html.element("td", {{"class", "id"}}, cells[8]);
    if (station != nullptr) html.element("td", {}, *station);
  });
}

/// A printable text as a JSON string that is safe in a script element: `<` never appears.
void append_json(std::string& json, std::string_view text) {
  json += '"';
  for (const char each : printable(text, kCellBytesMax)) {
    if (each == '"' || each == '\\') json += '\\';
    if (each == '<') {
      json += "\\u003c";
    } else {
      json += each;
    }
  }
  json += '"';
}

std::string json_row(const std::vector<std::string>& cells, const std::string* station) {
  std::string json = "[";
  for (const std::string& cell : cells) {
    if (json.size() > 1) json += ',';
    append_json(json, cell);
  }
  if (station != nullptr) append_json(json += ',', *station);
  return json + "]";
}

void write_choice(Html& html, Literal id, const char* label, const char* all, const std::vector<std::string>& values) {
  html.element("label", {{"class", "unseen"}, {"for", std::string(id.text())}}, label);
  html.element("select", {{"id", std::string(id.text())}}, [&] {
    html.element("option", {{"value", ""}}, all);
    for (const std::string& value : values) html.element("option", {}, value);
  });
}

void write_filter(Html& html, const PageContent& content) {
  std::vector<std::string> kinds;
  for (const FailureGroup& group : content.summary->failures) kinds.push_back(group.kind);
  std::vector<std::string> stations;
  for (const ReportSource& source : *content.sources) stations.push_back(source.directory);
  html.element("div", {{"class", "filter"}, {"id", "filter"}, {"role", "search"}, {"hidden", ""}}, [&] {
    html.element("label", {{"class", "unseen"}, {"for", "filter-text"}}, "Text in a row");
    html.empty("input", {{"id", "filter-text"},
                         {"type", "search"},
                         {"autocomplete", "off"},
                         {"placeholder", "Unit, thing, certificate, message …"}});
    write_choice(html, "filter-outcome", "Outcome", "Any outcome",
                 {"provisioned", "provisioned before", "failed", "failed for good", "failed, can be rerun"});
    if (!kinds.empty()) write_choice(html, "filter-kind", "Kind of failure", "Any kind", kinds);
    if (stations.size() > 1) write_choice(html, "filter-station", "Station", "Any station", stations);
    html.element("output", {{"id", "filter-shown"}}, "");
  });
}

void write_pager(Html& html) {
  html.element("nav", {{"class", "pager"}, {"id", "pager"}, {"aria-label", "Pages of the table"}, {"hidden", ""}}, [&] {
    html.element("button", {{"type", "button"}, {"id", "page-before"}}, "← Previous");
    html.element("span", {{"id", "page-place"}}, "");
    html.element("button", {{"type", "button"}, {"id", "page-after"}}, "Next →");
  });
}

/// Calls `write` for each row, and hands on to the file what it wrote.
template <class Write>
Result<void> stream_rows(Html& html, ReportFile& file, const PageContent& content, Write write) {
  const bool several = content.sources->size() > 1;
  return content.each_row([&](const UnitResult& result, const std::string& station) {
    write(result, several ? &station : nullptr);
    file.write(html.take());
  });
}

std::vector<ReportColumn> columns_of_units(bool with_station) {
  std::vector<ReportColumn> columns{{"Unit"},           {"Outcome"},    {"Failure"},  {"Thing name"},
                                    {"Attempts", true}, {"Took", true}, {"Finished"}, {"Certificate ID"}};
  if (with_station) columns.push_back({"Station"});
  return columns;
}

}  // namespace

Result<void> write_units(Html& html, ReportFile& file, const PageContent& content) {
  const std::size_t rows = content.summary->results;
  const bool in_table = rows <= content.limits.table_rows;
  Result<void> written;
  html.element("section", {{"id", "units"}, {"class", rows > kPaperRowsMax ? "too-long-for-paper" : ""}}, [&] {
    html.element("h2", {}, "Units");
    html.element("p", {{"class", "note only-on-paper"}},
                 "The table has more than " + std::to_string(kPaperRowsMax) +
                     " rows and is not printed. Filter it before you print the page, or use report.csv.");
    if (!in_table) {
      html.element(
          "p", {{"class", "note unscripted"}},
          "The table of " + counted(rows, "unit") + " needs the script of this page; report.csv has them all.");
    }
    if (rows > content.limits.page_rows) {
      html.element("p", {{"class", "note"}}, "Only units that failed are listed here; report.csv has all units.");
    }
    write_filter(html, content);
    write_table(html, "Units", columns_of_units(content.sources->size() > 1), [&] {
      if (!in_table) return;
      written = stream_rows(html, file, content, [&](const UnitResult& result, const std::string* station) {
        write_row(html, result, station);
      });
    });
    write_pager(html);
    if (in_table) return;
    html.element("script", {{"type", "application/json"}, {"id", "data"}}, [&] {
      file.write(html.take() + "[");
      const char* separator = "\n";
      written = stream_rows(html, file, content, [&](const UnitResult& result, const std::string* station) {
        if (rows > content.limits.page_rows && result.outcome != UnitOutcome::kFailed) return;
        file.write(separator + json_row(cells_of(result), station));
        separator = ",\n";
      });
      file.write("]");
    });
  });
  return written;
}

}  // namespace fleet_provision::batch
