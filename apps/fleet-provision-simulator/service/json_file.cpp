#include "service/json_file.hpp"

#include <nlohmann/json.hpp>

#include "codec/json_text.hpp"

namespace fleet_provision::simulator {

Result<nlohmann::json> parse_json(const std::string& place, std::string_view text) {
  if (const auto fault = json_fault(text)) {
    return fail(ErrorKind::kConfiguration, place + ": " + fault->message(), fault->hint);
  }
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace fleet_provision::simulator
