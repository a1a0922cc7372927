// The JSON that the AWS CLI prints for a new claim: `aws iot create-provisioning-claim` (API_CreateProvisioningClaim)
// and `aws iot create-keys-and-certificate` (API_CreateKeysAndCertificate).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/identity.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

struct ClaimDocument {
  /// PEM.
  std::string certificate_pem;
  Secret private_key;
  /// Only for a provisioning claim, which is valid for five minutes.
  std::optional<WallTime> expiration;
};

/// kClaimCertificateUnusable, kClaimKeyUnusable if the text is not JSON, or a member is missing or has another type;
/// the message continues the file's name and quotes nothing of the text. Unknown members are ignored.
[[nodiscard]] Result<ClaimDocument> decode_claim(std::string_view json);

/// A time as the AWS CLI prints it: ISO 8601 with or without a fraction and an offset, e.g.
/// `2026-11-26T14:05:00.123000+01:00`, or seconds since 1970. Nothing for any other text.
[[nodiscard]] std::optional<WallTime> parse_aws_time(std::string_view text);

}  // namespace fleet_provision
