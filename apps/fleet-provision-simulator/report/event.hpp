// One line of the event log as a typed event (docs/simulator.md, "The event log").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/value.hpp"

namespace fleet_provision::simulator {

/// kOther: an event of a newer simulator, which is shown by its name.
enum class EventKind : unsigned char {
  kStart,
  kConnect,
  kSubscribe,
  kUnsubscribe,
  kPublish,
  kAnswer,
  kReceive,
  kHook,
  kExpire,
  kDisconnect,
  kWarning,
  kOther
};

struct Event {
  EventKind kind = EventKind::kOther;
  /// The word of `event`.
  std::string name;
  /// As in the log.
  std::string time;
  /// `time` since 1970; absent when it is not a time in the form of the log.
  std::optional<std::chrono::milliseconds> at;
  /// Counted from 1 in each run; 0: the event belongs to no connection.
  std::uint64_t connection = 0;
  /// The whole line: an object.
  Value line;

  /// So that few lines cannot fill the memory; the page cuts texts further.
  static constexpr std::size_t kTextBytesMax = 2000;
  static constexpr std::size_t kTextsMax = 100;

  /// A text of the line, cut to kTextBytesMax; empty when it is absent or not text.
  [[nodiscard]] std::string text(std::string_view field) const;
  /// A number of the line; absent when it is missing, negative or no whole number.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view field) const;
  /// The first kTextsMax texts of a list, each cut to kTextBytesMax; other items are left out.
  [[nodiscard]] std::vector<std::string> texts(std::string_view field) const;
  [[nodiscard]] bool is_true(std::string_view field) const;
};

/// `line` without its line feed. Nothing when it is not a JSON object with the texts `time` and `event`.
[[nodiscard]] std::optional<Event> parse_event(std::string_view line);

/// `2026-11-23T06:12:00.123Z`, the fraction optional. Nothing for any other text.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_log_time(std::string_view text);

}  // namespace fleet_provision::simulator
