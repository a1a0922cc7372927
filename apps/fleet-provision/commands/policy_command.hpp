// `fleet-provision policy`: the least that the claim must be allowed, as a document for `aws iot create-policy`.
#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct PolicyDocument {
  /// JSON with a final newline; at most 2048 characters, as the service takes it.
  std::string text;
  /// What somebody must still fill in.
  std::vector<std::string> warnings;
};

[[nodiscard]] Result<PolicyDocument> policy_document(const Options& options);

}  // namespace fleet_provision
