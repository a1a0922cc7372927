// The first event of a run (docs/simulator.md, "The event log").
#pragma once

#include <string>

#include "service/configuration.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// `version`, `templates`, `policies`, `faults`, and the `behaviours` that are not the default.
[[nodiscard]] Members start_event_fields(const Configuration& configuration, const std::string& version);

}  // namespace fleet_provision::simulator
