// The event log: one JSON line per event (docs/simulator.md, "The event log", lists events and fields).
//
// No payload, token, key or parameter value goes into it; text that clients chose is made printable.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "service/record_store.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

class EventLog {
 public:
  using Sink = std::function<void(const std::string&)>;

  /// `sink` gets each line, with its line feed, in one call. `warnings`, unless it is empty, gets the text of each
  /// warning, without a line feed, once: the same text is not repeated, and after 100 texts no more come.
  explicit EventLog(Sink sink, Sink warnings = {}) : sink_(std::move(sink)), warnings_(std::move(warnings)) {}

  /// Writes `time`, `event` and the fields, in that order.
  void write(WallClockTime time, const char* event, Members fields) const;
  /// Writes the event `warning` with `fields` and then `text`, one sentence that names what is affected.
  void warn(WallClockTime time, Members fields, const std::string& text);
  /// Hands `text` to the warnings without an event, because one says the same.
  void say(const std::string& text);

 private:
  Sink sink_;
  Sink warnings_;
  std::set<std::string> warned_;
};

/// UTC with milliseconds: `2026-11-23T06:12:00.123Z`.
[[nodiscard]] std::string rfc3339_milliseconds(WallClockTime time);

}  // namespace fleet_provision::simulator
