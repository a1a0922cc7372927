// An identity as environment variables: for the program of --on-success and for `status --env`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/identity.hpp"

namespace fleet_provision {

/// FLEET_PROVISIONED_THING_NAME and so on; values are names, and paths below `state_dir`, never secrets. The thing's
/// name is empty if the template created no thing.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> identity_variables(const Identity& identity,
                                                                                  const std::string& state_dir);

}  // namespace fleet_provision
