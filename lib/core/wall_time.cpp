#include "core/wall_time.hpp"

#include <cstdio>

#include "core/number.hpp"

namespace fleet_provision {

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  // Rounds to seconds first, because the midnight before the earliest WallTime is outside its range.
  const sys_seconds second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date{day};
  const hh_mm_ss clock{second - day};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t first, std::size_t count) {
    int value = 0;
    for (const char digit : text.substr(first, count)) value = 10 * value + (digit - '0');
    return value;
  };
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                            day{static_cast<unsigned>(number(8, 2))}};
  // system_clock has no leap seconds, so second 60 is rejected.
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  const sys_seconds time = sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)};
  // WallTime counts in nanoseconds, from 1677 to 2262.
  if (time > floor<seconds>(WallTime::max()) || time < ceil<seconds>(WallTime::min())) return std::nullopt;
  return WallTime{time};
}

std::string rfc3339_milliseconds(WallTime time) {
  using namespace std::chrono;
  const auto fraction = floor<milliseconds>(time) - floor<seconds>(time);
  char text[16];
  std::snprintf(text, sizeof text, ".%03dZ", static_cast<int>(duration_cast<milliseconds>(fraction).count()));
  std::string whole = rfc3339(time);
  whole.pop_back();
  return whole + text;
}

std::optional<WallTime> parse_rfc3339_milliseconds(std::string_view text) {
  const std::size_t point = text.size() < 5 ? std::string_view::npos : text.find('.', text.size() - 5);
  if (point == std::string_view::npos) return parse_rfc3339(text);
  const std::string_view fraction = text.substr(point + 1, text.size() - point - 2);
  const auto count = fraction.size() == 3 ? parse_number<unsigned>(fraction) : std::nullopt;
  const auto whole = text.ends_with('Z') ? parse_rfc3339(std::string(text.substr(0, point)) + 'Z') : std::nullopt;
  if (!count || !whole || *whole > WallTime::max() - std::chrono::milliseconds(*count)) return std::nullopt;
  return *whole + std::chrono::milliseconds(*count);
}

}  // namespace fleet_provision
