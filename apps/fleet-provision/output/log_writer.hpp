// Writes the lines of the report to a descriptor whose reader may be slow, blocked or closed.
//
// A line waits for room for at most kReaderTimeout, and for at most kReaderTimeoutAtEnd once the run's time is over.
// After a line that found no room, lines are dropped without waiting until there is room again; dropped lines are
// counted.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/deadline.hpp"

namespace fleet_provision {

class LogWriter {
 public:
  explicit LogWriter(int descriptor);

  /// From `end` on each line waits for at most kReaderTimeoutAtEnd.
  void end_at(Instant end) { end_ = end; }
  /// Writes `line`, or as much of it as there is room for in time, in pieces that a pipe takes atomically.
  void write(std::string_view line);
  /// The number of lines dropped or cut since the last call, once there is room to report it; else 0.
  [[nodiscard]] std::size_t take_dropped_count();

 private:
  enum class Kind : unsigned char { kOther, kPipe, kSocket };

  [[nodiscard]] bool has_room(Milliseconds wait) const;
  [[nodiscard]] bool write_piece(std::string_view& line);
  [[nodiscard]] Instant write_deadline() const;

  int descriptor_;
  Kind kind_ = Kind::kOther;
  std::optional<Instant> end_;
  std::size_t dropped_ = 0;
  /// The last line was written in part.
  bool cut_ = false;
};

}  // namespace fleet_provision
