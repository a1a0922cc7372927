// Times of the wall clock, and their text form.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace fleet_provision {

/// A time of the wall clock, in UTC. Used to check and explain certificate dates, never to measure durations.
using WallTime = std::chrono::system_clock::time_point;

/// RFC 3339 in UTC with seconds: `2026-11-23T06:12:00Z`.
[[nodiscard]] std::string rfc3339(WallTime time);
/// The inverse; nothing for any other text.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC with milliseconds, rounded down: `2026-11-23T06:12:00.042Z`.
[[nodiscard]] std::string rfc3339_milliseconds(WallTime time);
/// The inverse, also of the form with seconds; nothing for any other text.
[[nodiscard]] std::optional<WallTime> parse_rfc3339_milliseconds(std::string_view text);

}  // namespace fleet_provision
