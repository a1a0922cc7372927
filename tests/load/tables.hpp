// The figures as Markdown, as JSON and as a picture.
#pragma once

#include <string>
#include <vector>

#include "tests/load/measures.hpp"

namespace fleet_provision::load {

struct Report {
  std::string machine;
  Setup setup;
  ReadyFigures ready_with_pki;
  ReadyFigures ready_without_pki;
  std::vector<LoadFigures> loads;
  std::vector<FleetFigures> fleets;
};

[[nodiscard]] std::string markdown(const Report& report);
[[nodiscard]] std::string json(const Report& report);
/// Gateways done over time, of the two largest fleets.
[[nodiscard]] std::string picture(const Report& report);

}  // namespace fleet_provision::load
