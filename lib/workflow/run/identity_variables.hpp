// An identity as environment variables: what the program of --on-success is given and `status --env` prints.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/identity.hpp"

namespace fleet_provision {

/// FLEET_PROVISIONED_THING_NAME and so on; values are names, and paths below `state_dir`, never secrets. A name that
/// the template did not make is empty.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> identity_variables(const Identity& identity,
                                                                                  const std::string& state_dir);

}  // namespace fleet_provision
