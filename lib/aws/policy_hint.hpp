// Hints that name the missing statement in the policy of the connecting certificate after a denied step.
#pragma once

#include <string>
#include <string_view>

#include "aws/claim_policy.hpp"
#include "core/error.hpp"
#include "core/principal.hpp"

namespace fleet_provision {

/// `the claim's policy must allow ACTION on RESOURCE, …: add {…}`, with the region and partition of `scope`.
[[nodiscard]] std::string allow_hint(Principal principal, const PolicyNeed& need, const PolicyScope& scope = {});

/// iot:Connect for this client id; a generated one changes with each connection, so the resource then covers all
/// generated ids.
[[nodiscard]] PolicyNeed connect_need(std::string_view client_id);

/// What to check if a certificate is refused, the most likely cause first. An empty `client_id` means unknown.
[[nodiscard]] std::string certificate_hint(Principal principal, std::string_view client_id = {});

}  // namespace fleet_provision
