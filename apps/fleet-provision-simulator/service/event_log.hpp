// One JSON line per event, for people and for tests. Nothing secret goes in: no payload, no token, no key, no value of
// a parameter; text that clients chose is made printable. docs/simulator.md lists the events and their fields.
#pragma once

#include <functional>
#include <string>

#include "service/document.hpp"
#include "service/registry.hpp"

namespace fleet_provision::simulator {

class EventLog {
 public:
  /// `sink` gets each whole line with its line end.
  explicit EventLog(std::function<void(const std::string&)> sink) : sink_(std::move(sink)) {}

  /// Writes `time`, `event` and the fields, in that order.
  void write(WallClockTime time, const char* event, Members fields) const;

 private:
  std::function<void(const std::string&)> sink_;
};

/// UTC with milliseconds: `2026-11-23T06:12:00.123Z`.
[[nodiscard]] std::string rfc3339_milliseconds(WallClockTime time);

}  // namespace fleet_provision::simulator
