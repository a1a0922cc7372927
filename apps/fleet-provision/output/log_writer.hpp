// Writes the lines of the report to a descriptor whose reader may be slow, stuck or gone.
//
// A run does not wait for whoever reads its progress: a line waits for room for at most kReaderPatience, and only a
// moment once the run's time is over. After a line that found no room the next ones do not wait until there is some
// again; those that are left out are counted.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/deadline.hpp"

namespace fleet_provision {

class LogWriter {
 public:
  explicit LogWriter(int descriptor);

  /// From then on each line waits a moment only.
  void end_at(Instant end) { end_ = end; }
  /// Writes `line` whole, or as far as there is room in time. In pieces that a pipe takes without being torn apart.
  void write(std::string_view line);
  /// Lines that were left out or cut since the last call, once there is room to say so; else 0.
  [[nodiscard]] std::size_t take_lost();

 private:
  enum class Kind : unsigned char { kOther, kPipe, kSocket };

  [[nodiscard]] bool has_room(Milliseconds wait) const;
  [[nodiscard]] bool write_piece(std::string_view& line);
  [[nodiscard]] Instant patience() const;

  int descriptor_;
  Kind kind_ = Kind::kOther;
  std::optional<Instant> end_;
  std::size_t lost_ = 0;
  /// The last line was not written to its end.
  bool cut_ = false;
};

}  // namespace fleet_provision
