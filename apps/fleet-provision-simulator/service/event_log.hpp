// The event log: one JSON line per event (docs/simulator.md, "The event log", lists events and fields).
//
// No payload, token, key or parameter value goes into it; text that clients chose is made printable.
#pragma once

#include <functional>
#include <string>

#include "service/record_store.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

class EventLog {
 public:
  /// `sink` gets each line, with its line feed, in one call.
  explicit EventLog(std::function<void(const std::string&)> sink) : sink_(std::move(sink)) {}

  /// Writes `time`, `event` and the fields, in that order.
  void write(WallClockTime time, const char* event, Members fields) const;

 private:
  std::function<void(const std::string&)> sink_;
};

/// UTC with milliseconds: `2026-11-23T06:12:00.123Z`.
[[nodiscard]] std::string rfc3339_milliseconds(WallClockTime time);

}  // namespace fleet_provision::simulator
