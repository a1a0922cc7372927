// The simulator's --help, built from the tables of options, behaviours and faults.
#pragma once

#include <string>

namespace fleet_provision::simulator {

[[nodiscard]] std::string help_text();

}  // namespace fleet_provision::simulator
