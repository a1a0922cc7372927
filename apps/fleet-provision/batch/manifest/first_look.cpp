#include "batch/manifest/first_look.hpp"

#include <array>

#include "core/file_format.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::string_view kSeparators = ",;\t";

/// How often each separator stands outside quotation marks.
std::array<std::size_t, kSeparators.size()> count_separators(std::string_view header) {
  std::array<std::size_t, kSeparators.size()> counts{};
  bool quoted = false;
  for (const char each : header) {
    quoted = quoted != (each == '"');
    const std::size_t found = kSeparators.find(each);
    if (!quoted && found != std::string_view::npos) ++counts[found];
  }
  return counts;
}

}  // namespace

std::optional<RowFault> first_look(std::string_view beginning, ManifestFormat format, const std::string& path) {
  if (const auto wide = wide_encoding(beginning)) {
    return RowFault{0, 0, "", "is " + std::string(name_of_encoding(*wide)) + " text, not UTF-8",
                    "convert it: " + utf8_command(*wide, path)};
  }
  if (format != ManifestFormat::kCsv) return std::nullopt;
  const std::string_view text = without_byte_order_mark(beginning);
  if (text.starts_with("{\"")) {
    return RowFault{0, 0, "", "holds JSON, not CSV", "give --manifest-format jsonl, or name the file .jsonl"};
  }
  const std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  if (header.starts_with("sep=")) {
    return RowFault{1, 0, "", "a line with sep= is not part of CSV",
                    "remove the line, and separate the columns with commas"};
  }
  const auto [commas, semicolons, tabs] = count_separators(header);
  if (commas > 0 || semicolons + tabs == 0) return std::nullopt;
  return RowFault{
      1, 0, "",
      std::string("the columns are separated by ") + (semicolons > 0 ? "semicolons" : "tabs") + ", not by commas",
      "save the file with commas, in a spreadsheet as \"CSV UTF-8 (comma delimited)\""};
}

}  // namespace fleet_provision::batch
