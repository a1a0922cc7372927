// One entry of the log on stderr, and its form as a JSON object (--log-format json).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/identity.hpp"

namespace fleet_provision {

enum class LogEvent : unsigned char {
  kError,
  kWarning,
  kAttemptFailed,
  kNextTry,
  kPhase,    ///< a phase ended
  kReached,  ///< a milestone is durable
  kDetail,   ///< a packet, with -v -v
};

/// `error`, `warning`, `attempt-failed`, `next-try`, `phase`, `reached`, `detail`.
[[nodiscard]] std::string_view word(LogEvent event);
/// `error`, `warning`, `info` or `debug`.
[[nodiscard]] std::string_view level_of(LogEvent event);

/// Empty texts and absent values have no key in the JSON object.
struct LogEntry {
  LogEvent event;
  std::string message;
  std::string hint = {};
  std::optional<Phase> phase = {};
  std::optional<unsigned> attempt = {};
  std::optional<ErrorKind> kind = {};
  std::optional<double> seconds = {};
};

/// `{"time": …, "level": …, "event": …, "message": …}` and a newline; ASCII only.
[[nodiscard]] std::string log_line(const LogEntry& entry, WallTime time);

}  // namespace fleet_provision
