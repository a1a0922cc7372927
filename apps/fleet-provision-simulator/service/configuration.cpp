#include "service/configuration.hpp"

#include "core/text.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

Result<void> set_behaviour(Behaviours& behaviours, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
  std::vector<std::string_view> names;
  for (const auto& row : behaviour_table()) {
    names.push_back(row.name);
    if (row.name != name) continue;
    if (value != row.values[0] && value != row.values[1]) {
      return fail(ErrorKind::kUsage, "behaviour " + std::string(name) + " cannot be " + in_quotes(value),
                  "use " + std::string(row.values[0]) + " or " + std::string(row.values[1]));
    }
    behaviours.*row.member = value == row.values[1];
    return {};
  }
  return check_known(ErrorKind::kUsage, "unknown behaviour", name, names);
}

}  // namespace fleet_provision::simulator
