// What the name of an AWS endpoint tells (docs/service.md, "TLS"). Any other host is as good for a run; these only
// make messages and policies better.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fleet_provision {

/// Where the resources of a policy are; placeholders stand for what is not known.
struct PolicyScope {
  std::string partition = "aws";
  std::string region = "REGION";
  std::string account = "ACCOUNT";
};

/// A host of AWS in any partition: dual-stack, VPC and FIPS endpoints included. `host` is in lower case.
[[nodiscard]] bool is_aws_host(std::string_view host);

/// `PREFIX.iot.REGION.amazonaws.com` without `-ats`: its certificate ends in roots that no trust store holds any more.
[[nodiscard]] bool is_legacy_aws_endpoint(std::string_view host);

/// The region and partition that an AWS IoT endpoint's name tells; nothing for any other name. `host` is in lower case.
[[nodiscard]] std::optional<PolicyScope> scope_of_endpoint(std::string_view host);
/// The same, with placeholders where the name tells nothing.
[[nodiscard]] PolicyScope scope_or_placeholders(std::string_view host);

/// `aws-cn` for `cn-north-1`, `aws` for `eu-central-1`; nothing for a region that has the form of no partition's.
[[nodiscard]] std::optional<std::string> partition_of_region(std::string_view region);
/// One of the partitions that this version knows.
[[nodiscard]] bool is_known_partition(std::string_view partition);

/// How the right endpoint is found.
inline constexpr std::string_view kEndpointCommand = "`aws iot describe-endpoint --endpoint-type iot:Data-ATS`";

}  // namespace fleet_provision
