// The simulator's --help, built from the tables of options, behaviours and faults.
#pragma once

#include <string>

namespace fleet_provision::simulator {

[[nodiscard]] std::string help_text();
/// Of `fleet-provision-simulator report`.
[[nodiscard]] std::string report_help_text();

}  // namespace fleet_provision::simulator
