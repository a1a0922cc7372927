#include "batch/run/line_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fleet_provision::batch {
namespace {

/// The text of a member; empty if there is none.
std::string text_member(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

nlohmann::json log_object(std::string_view line) {
  return nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
}

}  // namespace

void LineReader::take(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (end == std::string_view::npos) return add(part);
    if (line_.empty()) {
      sink(part.substr(0, kLineMax));
    } else {
      add(part);
      sink(line_);
      line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
}

void LineReader::finish(const Sink& sink) {
  if (!line_.empty()) sink(line_);
  line_.clear();
}

void LineReader::add(std::string_view part) {
  line_ += part.substr(0, kLineMax - std::min(kLineMax, line_.size()));
}

bool says_throttled(std::string_view line) {
  // Most lines are not parsed.
  if (line.find("\"throttled\"") == std::string_view::npos) return false;
  const nlohmann::json json = log_object(line);
  if (!json.is_object() || text_member(json, "kind") != "throttled") return false;
  const std::string event = text_member(json, "event");
  return event == "attempt-failed" || event == "error";
}

std::string message_of(std::string_view line) {
  const nlohmann::json json = log_object(line);
  std::string message = json.is_object() ? text_member(json, "message") : std::string();
  return message.empty() ? std::string(line) : message;
}

}  // namespace fleet_provision::batch
