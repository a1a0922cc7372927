#include "service/event_log.hpp"

#include "core/identity.hpp"
#include "core/text.hpp"
#include "service/encode.hpp"

namespace fleet_provision::simulator {

std::string rfc3339_milliseconds(WallClockTime time) {
  using std::chrono::floor;
  const auto rest = floor<std::chrono::milliseconds>(time) - floor<std::chrono::seconds>(time);
  std::string text = rfc3339(time);
  text.pop_back();
  const std::string thousandths = std::to_string(1000 + rest.count());
  return text + "." + thousandths.substr(1) + "Z";
}

void EventLog::write(WallClockTime time, const char* event, Members fields) const {
  Members line{{"time", Value{rfc3339_milliseconds(time)}}, {"event", Value{std::string(event)}}};
  for (auto& field : fields) {
    if (auto* text = std::get_if<std::string>(&field.second.content)) *text = printable(*text);
    line.push_back(std::move(field));
  }
  sink_(encode(line, Encoding::kJson) + "\n");
}

void EventLog::warn(WallClockTime time, Members fields, const std::string& text) {
  fields.emplace_back("text", text_value(text));
  write(time, "warning", std::move(fields));
  say(text);
}

void EventLog::say(const std::string& text) {
  constexpr std::size_t kTextsMax = 100;
  if (!warnings_ || warned_.size() == kTextsMax || !warned_.insert(text).second) return;
  warnings_(printable(text));
}

}  // namespace fleet_provision::simulator
