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
  }
  return "";
}

std::string_view level_of(LogEvent event) {
  switch (event) {
    case LogEvent::kError: return "error";
    case LogEvent::kWarning:
    case LogEvent::kAttemptFailed: return "warning";
    case LogEvent::kNextTry:
    case LogEvent::kPhase:
    case LogEvent::kReached: return "info";
    case LogEvent::kDetail: return "debug";
  }
  return "";
}

std::string log_line(const LogEntry& entry, WallTime time) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["time"] = rfc3339(time);
  json["level"] = level_of(entry.event);
  json["event"] = word(entry.event);
  json["message"] = entry.message;
  if (!entry.hint.empty()) json["hint"] = entry.hint;
  if (entry.phase) json["phase"] = word(*entry.phase);
  if (entry.attempt) json["attempt"] = *entry.attempt;
  if (entry.kind) json["kind"] = word(*entry.kind);
  if (entry.kind) json["exitCode"] = static_cast<int>(exit_code(*entry.kind));
  if (entry.seconds) json["seconds"] = std::round(*entry.seconds * 10'000) / 10'000;
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fleet_provision
