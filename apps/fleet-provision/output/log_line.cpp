#include "output/log_line.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace fleet_provision {

std::string log_line(const Remark& remark, WallTime time) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["time"] = rfc3339(time);
  json["level"] = remark.level;
  json["event"] = remark.event;
  json["message"] = remark.message;
  if (!remark.hint.empty()) json["hint"] = remark.hint;
  if (remark.phase) json["phase"] = word(*remark.phase);
  if (remark.attempt) json["attempt"] = *remark.attempt;
  if (remark.kind) json["kind"] = word(*remark.kind);
  if (remark.kind) json["exitCode"] = static_cast<int>(exit_code(*remark.kind));
  if (remark.seconds) json["seconds"] = std::round(*remark.seconds * 10'000) / 10'000;
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fleet_provision
