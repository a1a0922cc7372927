// The claim's policy when the command line names none.
#pragma once

#include <string>
#include <vector>

namespace fleet_provision::simulator {

/// A policy document that allows what a claim needs to provision with these templates, and any client ID.
[[nodiscard]] std::string least_privilege_claim_policy(const std::vector<std::string>& template_names);

}  // namespace fleet_provision::simulator
