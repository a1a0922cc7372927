#include "service/event_log.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "core/text.hpp"

namespace fleet_provision::simulator {

std::string rfc3339_milliseconds(WallClockTime time) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  const long milliseconds = static_cast<long>(since_epoch.count() - seconds * 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
  return text.data();
}

void EventLog::write(WallClockTime time, const char* event, Members fields) const {
  Members line{{"time", Value{rfc3339_milliseconds(time)}}, {"event", Value{std::string(event)}}};
  for (auto& field : fields) {
    if (auto* text = std::get_if<std::string>(&field.second.content)) *text = printable(*text);
    line.push_back(std::move(field));
  }
  sink_(encode(line, Encoding::kJson) + "\n");
}

}  // namespace fleet_provision::simulator
