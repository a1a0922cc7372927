// --owner USER[:GROUP], names or numbers.
#pragma once

#include <string>

#include "core/plan.hpp"

namespace fleet_provision {

/// Numbers need not be known on this machine: an image is flashed for another one. kUsage for an unknown name.
[[nodiscard]] Result<Owner> parse_owner(const std::string& text);

}  // namespace fleet_provision
