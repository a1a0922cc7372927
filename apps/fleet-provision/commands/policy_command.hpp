// `fleet-provision policy`: the least-privilege claim policy, as a document for `aws iot create-policy`.
#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct PolicyDocument {
  /// JSON with a final newline; at most 2048 characters, the limit of the service.
  std::string text;
  /// Placeholders to replace, and unknown regions or partitions.
  std::vector<std::string> warnings;
};

[[nodiscard]] Result<PolicyDocument> policy_document(const Options& options);

}  // namespace fleet_provision
