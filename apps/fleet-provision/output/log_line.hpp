// One entry of the log on stderr, and its form as a JSON object (--log-format json).
#pragma once

#include <cstdint>
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
  kPhase,        ///< a phase ended
  kReached,      ///< a milestone is durable
  kDetail,       ///< a packet, with -v -v
  kUnitFailed,   ///< of a batch
  kUnitsFailed,  ///< failures of a batch that had no line of their own
  kProgress,     ///< the numbers of a batch
};

/// `error`, `warning`, `attempt-failed`, `next-try`, `phase`, `reached`, `detail`, `unit-failed`, `units-failed`,
/// `progress`.
[[nodiscard]] std::string_view word(LogEvent event);
/// `error`, `warning`, `info` or `debug`.
[[nodiscard]] std::string_view level_of(LogEvent event);

/// The numbers of a batch at one moment.
struct BatchProgressNumbers {
  std::uint64_t units = 0;
  std::uint64_t provisioned = 0;
  std::uint64_t failed = 0;
  std::uint64_t running = 0;
  /// Units a second; nullopt while it is unknown.
  std::optional<double> rate = {};
  std::optional<double> seconds_left = {};
};

/// Empty texts and absent values have no key in the JSON object.
struct LogEntry {
  LogEvent event;
  std::string message;
  std::string hint = {};
  std::optional<Phase> phase = {};
  std::optional<unsigned> attempt = {};
  std::optional<ErrorKind> kind = {};
  std::optional<double> seconds = {};
  /// The unit of a batch that this is about.
  std::string unit = {};
  std::optional<BatchProgressNumbers> progress = {};
};

/// `{"time": …, "level": …, "event": …, "message": …}` and a newline; ASCII only.
[[nodiscard]] std::string log_line(const LogEntry& entry, WallTime time);

}  // namespace fleet_provision
