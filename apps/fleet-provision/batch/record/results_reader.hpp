// The lines of a results.jsonl, in memory that does not grow with the file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "batch/record/append_file.hpp"
#include "batch/record/unit_result.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// A line and its place. `length` is without the line feed.
struct RecordedLine {
  UnitResult result;
  /// Counted from 1.
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

/// What the end of a file needs so that the next line can be appended.
struct FileEnd {
  /// Where the last line ends, its line feed included.
  std::uint64_t size = 0;
  /// The last line is whole but for its line feed.
  bool lacks_line_feed = false;
  /// Bytes behind `size` that a power cut left; 0 if there are none.
  std::uint64_t torn = 0;
  /// The number of the line where they begin, and their beginning in printable form.
  std::uint64_t torn_line = 0;
  std::string torn_text;
};

enum class Damage : unsigned char {
  /// A damaged line is an error.
  kRefuse,
  /// A damaged line is left out; a warning names it.
  kLeaveOut,
};

/// Calls `each` for every line. What a power cut leaves is a last line without its end, or bytes that no text has: such
/// an end is no damage. kResultsDamaged names file and line.
[[nodiscard]] Result<FileEnd> read_results(AppendFile& file, Damage damage,
                                           const std::function<void(RecordedLine)>& each,
                                           std::vector<std::string>& warnings);

}  // namespace fleet_provision::batch
