// Bytes to events: a log of any size, read in pieces.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "report/event.hpp"

namespace fleet_provision::simulator {

class LogReader {
 public:
  using Sink = std::function<void(Event)>;
  /// A longer line is not an event. The simulator's lines have a few kilobytes at most.
  static constexpr std::size_t kLineBytesMax = 1U << 20U;

  explicit LogReader(Sink sink) : sink_(std::move(sink)) {}

  /// The next bytes of the log, split anywhere.
  void feed(std::string_view bytes);
  /// The end of the log. A last line without a line feed that is not an event is the trace of a simulator that was
  /// killed: it is not counted.
  void finish();

  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Lines that are neither events nor empty.
  [[nodiscard]] std::uint64_t other_lines() const { return other_lines_; }
  /// The number of the first of them, from 1; 0 when there is none.
  [[nodiscard]] std::uint64_t first_other_line() const { return first_other_line_; }

 private:
  void keep(std::string_view bytes);
  void end_line();
  void count_other();

  Sink sink_;
  std::string line_;
  bool too_long_ = false;
  std::uint64_t lines_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t other_lines_ = 0;
  std::uint64_t first_other_line_ = 0;
};

}  // namespace fleet_provision::simulator
