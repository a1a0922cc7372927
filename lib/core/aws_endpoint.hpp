// What the name of an AWS IoT endpoint tells (docs/service.md, "TLS"). Any other host is as good for a run; these only
// make messages better.
#pragma once

#include <string_view>

namespace fleet_provision {

/// A host of AWS in any partition, China and FIPS included. `host` is in lower case.
[[nodiscard]] bool is_aws_host(std::string_view host);

/// `PREFIX.iot.REGION.amazonaws.com` without `-ats`: its certificate ends in roots that no trust store holds any more.
[[nodiscard]] bool is_legacy_aws_endpoint(std::string_view host);

/// How the right endpoint is found.
inline constexpr std::string_view kEndpointCommand = "`aws iot describe-endpoint --endpoint-type iot:Data-ATS`";

}  // namespace fleet_provision
