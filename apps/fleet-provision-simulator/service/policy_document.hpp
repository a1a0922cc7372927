// Policy documents: from JSON to statements.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/policy.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

struct PolicyDocument {
  std::vector<PolicyStatement> statements;
  /// What matches nothing. They quote names of the document as they are.
  std::vector<std::string> warnings;
};

/// kConfiguration; `name` begins the message, which quotes names of the document as they are.
[[nodiscard]] Result<PolicyDocument> read_policy_document(const Value& document, const std::string& name);

}  // namespace fleet_provision::simulator
