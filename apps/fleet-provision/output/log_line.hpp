// One event of the log on stderr as a JSON object (--log-format json).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/identity.hpp"

namespace fleet_provision {

/// What is said; empty texts and absent values have no key.
struct Remark {
  /// `error`, `warning`, `info` or `debug`.
  std::string_view level;
  /// `error`, `warning`, `attempt-failed`, `next-try`, `phase`, `reached` or `detail`.
  std::string_view event;
  std::string message;
  std::string hint = {};
  std::optional<Phase> phase = {};
  std::optional<unsigned> attempt = {};
  std::optional<ErrorKind> kind = {};
  std::optional<double> seconds = {};
};

/// `{"time": …, "level": …, "event": …, "message": …}` and a newline; ASCII only.
[[nodiscard]] std::string log_line(const Remark& remark, WallTime time);

}  // namespace fleet_provision
