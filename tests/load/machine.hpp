// Describes the machine of a measurement.
#pragma once

#include <string>

namespace fleet_provision::load {

/// One line: processor, cores, memory, kernel, load, date.
[[nodiscard]] std::string machine_line();

}  // namespace fleet_provision::load
