#include "output/log_line.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace fleet_provision {

std::string_view word(LogEvent event) {
  switch (event) {
    case LogEvent::kError: return "error";
    case LogEvent::kWarning: return "warning";
    case LogEvent::kAttemptFailed: return "attempt-failed";
    case LogEvent::kNextTry: return "next-try";
    case LogEvent::kPhase: return "phase";
    case LogEvent::kReached: return "reached";
    case LogEvent::kDetail: return "detail";
    case LogEvent::kUnitFailed: return "unit-failed";
    case LogEvent::kUnitsFailed: return "units-failed";
    case LogEvent::kProgress: return "progress";
  }
  return "";
}

std::string_view level_of(LogEvent event) {
  switch (event) {
    case LogEvent::kError:
    case LogEvent::kUnitFailed:
    case LogEvent::kUnitsFailed: return "error";
    case LogEvent::kWarning:
    case LogEvent::kAttemptFailed: return "warning";
    case LogEvent::kNextTry:
    case LogEvent::kPhase:
    case LogEvent::kReached:
    case LogEvent::kProgress: return "info";
    case LogEvent::kDetail: return "debug";
  }
  return "";
}

namespace {

nlohmann::ordered_json number_or_null(std::optional<double> value) {
  if (!value) return nullptr;
  return std::round(*value * 100) / 100;
}

}  // namespace

std::string log_line(const LogEntry& entry, WallTime time) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["time"] = rfc3339(time);
  json["level"] = level_of(entry.event);
  json["event"] = word(entry.event);
  if (!entry.unit.empty()) json["unit"] = entry.unit;
  json["message"] = entry.message;
  if (!entry.hint.empty()) json["hint"] = entry.hint;
  if (entry.phase) json["phase"] = word(*entry.phase);
  if (entry.attempt) json["attempt"] = *entry.attempt;
  if (entry.kind) json["kind"] = word(*entry.kind);
  if (entry.kind) json["exitCode"] = static_cast<int>(exit_code(*entry.kind));
  if (entry.seconds) json["seconds"] = std::round(*entry.seconds * 10'000) / 10'000;
  if (entry.progress) {
    json["units"] = entry.progress->units;
    json["provisioned"] = entry.progress->provisioned;
    json["failed"] = entry.progress->failed;
    json["running"] = entry.progress->running;
    json["unitsPerSecond"] = number_or_null(entry.progress->rate);
    json["secondsLeft"] = number_or_null(entry.progress->seconds_left);
  }
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fleet_provision
