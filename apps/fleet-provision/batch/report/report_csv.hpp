// report.csv: one row for each unit (RFC 4180, with a line feed at the end of each line).
#pragma once

#include <string>
#include <string_view>

#include "batch/record/unit_result.hpp"

namespace fleet_provision::batch {

/// `unit,thingName,certificateId,outcome,kind,exitCode,attempts,durationMs,finishedAt`, and `station` where there are
/// several; with a line feed.
[[nodiscard]] std::string csv_header(bool with_station);
/// The row of a result with a line feed. `station` is not written if it is null.
[[nodiscard]] std::string csv_row(const UnitResult& result, const std::string* station);

/// A text as a cell: always on one line and in valid UTF-8, because control and bidirectional characters and other
/// bytes become `\xNN`. Text of letters, digits and `:._-` alone, as every valid name is, stands as it is. Other text
/// that a spreadsheet would take for a formula (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it.
[[nodiscard]] std::string csv_cell(std::string_view text);

}  // namespace fleet_provision::batch
