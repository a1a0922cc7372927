// What a claim must be allowed to do, and no more (AWS IoT developer guide, provisioning by claim; docs/service.md,
// "Traps in policies").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Where the resources of a policy are; placeholders stand for what is not known.
struct AwsPlace {
  std::string partition = "aws";
  std::string region = "REGION";
  std::string account = "ACCOUNT";
};

/// The region and partition that an AWS IoT endpoint's name tells; nothing for any other name.
[[nodiscard]] std::optional<AwsPlace> place_of_endpoint(std::string_view host);
/// `aws-cn` for the regions of China, `aws-us-gov` for GovCloud, else `aws`.
[[nodiscard]] std::string partition_of_region(std::string_view region);

/// `arn:PARTITION:iot:REGION:ACCOUNT:RESOURCE`.
[[nodiscard]] std::string arn(const AwsPlace& place, const std::string& resource);
/// The same of an endpoint, with placeholders where its name tells nothing.
[[nodiscard]] AwsPlace place_or_placeholders(std::string_view host);

/// A client id option as the resource of iot:Connect: `{Name}` becomes `*`, since one claim serves many gateways;
/// a `*`, `?` or `$` of its own is escaped. kUsage for a lone brace.
[[nodiscard]] Result<std::string> client_id_pattern(std::string_view client_id);

struct PolicyStatement {
  std::string action;
  /// Whole ARNs.
  std::vector<std::string> resources;
};

struct ClaimPolicyRequest {
  AwsPlace place;
  std::string client_id_pattern = "fleet-provision-*";
  std::string template_name;
  Method method = Method::kCsr;
  PayloadFormat payload_format = PayloadFormat::kJson;
};

/// Allow statements: Connect, Publish, Subscribe, Receive, each resource named exactly.
[[nodiscard]] std::vector<PolicyStatement> claim_policy(const ClaimPolicyRequest& request);

}  // namespace fleet_provision
