#include "service/start_event.hpp"

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

template <class Range>
Value names_of_all(const Range& range) {
  std::vector<std::string> names;
  names.reserve(range.size());
  for (const auto& each : range) names.push_back(printable(each.name));
  return list_value(names);
}

}  // namespace

Members start_event_fields(const Configuration& configuration, const std::string& version) {
  std::vector<std::string> faults;
  faults.reserve(configuration.faults.size());
  for (const auto& each : configuration.faults) faults.push_back(printable(each));
  std::vector<std::string> behaviours;
  for (const auto& row : behaviour_table()) {
    if (configuration.behaviours.*row.member) {
      behaviours.push_back(std::string(row.name) + "=" + std::string(row.values[1]));
    }
  }
  return {{"version", text_value(version)},
          {"templates", names_of_all(configuration.templates)},
          {"policies", names_of_all(configuration.policies)},
          {"faults", list_value(faults)},
          {"behaviours", list_value(behaviours)}};
}

}  // namespace fleet_provision::simulator
