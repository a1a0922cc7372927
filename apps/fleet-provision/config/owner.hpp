// --owner USER[:GROUP], names or numbers.
#pragma once

#include <string>

#include "core/plan.hpp"

namespace fleet_provision {

/// Numeric IDs need not exist on this machine, which may build the image of another one. kUsage for an unknown name.
[[nodiscard]] Result<Owner> parse_owner(const std::string& text);

}  // namespace fleet_provision
