// Policy documents: from JSON to statements.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/policy.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// The statements of a policy document. kConfiguration; `name` begins the message, which quotes names of the document
/// as they are.
[[nodiscard]] Result<std::vector<PolicyStatement>> read_policy_statements(const Value& document,
                                                                          const std::string& name);

}  // namespace fleet_provision::simulator
