// Derives region, partition and kind from the name of an AWS endpoint (docs/service.md, "TLS"). A run works with any
// other host too; these facts only improve messages and policies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fleet_provision {

/// The partition, region and account in the ARNs of a policy, or placeholders for unknown values.
struct PolicyScope {
  std::string partition = "aws";
  std::string region = "REGION";
  std::string account = "ACCOUNT";
};

/// Whether `host` is a host of AWS in any partition, dual-stack, VPC and FIPS endpoints included. `host` is in lower
/// case.
[[nodiscard]] bool is_aws_host(std::string_view host);

/// `PREFIX.iot.REGION.amazonaws.com` without `-ats`: its certificate chain ends at roots that trust stores no longer
/// hold.
[[nodiscard]] bool is_legacy_aws_endpoint(std::string_view host);

/// The region and partition in the name of an AWS IoT endpoint; nothing for any other name. `host` is in lower case.
[[nodiscard]] std::optional<PolicyScope> scope_of_endpoint(std::string_view host);
/// The same, with placeholders for unknown parts.
[[nodiscard]] PolicyScope scope_or_placeholders(std::string_view host);

/// `aws-cn` for `cn-north-1`, `aws` for `eu-central-1`; nothing for a name that has the form of no partition's regions.
[[nodiscard]] std::optional<std::string> partition_of_region(std::string_view region);
/// Whether this version knows the partition.
[[nodiscard]] bool is_known_partition(std::string_view partition);

/// The command that prints the account's endpoint, for hints.
inline constexpr std::string_view kEndpointCommand = "`aws iot describe-endpoint --endpoint-type iot:Data-ATS`";

}  // namespace fleet_provision
