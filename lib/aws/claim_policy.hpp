// The permissions that a claim needs, and no others (AWS IoT developer guide, provisioning by claim; docs/service.md,
// "Pitfalls in policies").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/endpoint.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// `arn:PARTITION:iot:REGION:ACCOUNT:RESOURCE`.
[[nodiscard]] std::string arn(const PolicyScope& scope, const std::string& resource);

/// A client id option as the resource of iot:Connect: `{Name}` becomes `*`, since one claim serves many gateways;
/// a `*`, `?` or `$` of its own is escaped. kUsage for a lone brace.
[[nodiscard]] Result<std::string> client_id_pattern(std::string_view client_id);

struct PolicyStatement {
  std::string action;
  /// Whole ARNs.
  std::vector<std::string> resources;
};

struct ClaimPolicyRequest {
  PolicyScope scope;
  std::string client_id_pattern = "fleet-provision-*";
  std::string template_name;
  Method method = Method::kCsr;
  PayloadFormat payload_format = PayloadFormat::kJson;
};

/// Allow statements: Connect, Publish, Subscribe, Receive, each resource named exactly.
[[nodiscard]] std::vector<PolicyStatement> claim_policy(const ClaimPolicyRequest& request);

}  // namespace fleet_provision
