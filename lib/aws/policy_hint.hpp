// What to add to the policy of the certificate that asked, in the words of an AWS IoT policy, when a step was denied.
#pragma once

#include <string>
#include <string_view>

#include "aws/claim_policy.hpp"
#include "core/error.hpp"
#include "core/principal.hpp"

namespace fleet_provision {

/// `the claim's policy must allow ACTION on RESOURCE, …: add {…}`, with the region and partition of `scope`.
[[nodiscard]] std::string allow_hint(Principal principal, const PolicyNeed& need, const PolicyScope& scope = {});

/// iot:Connect for this client id; one of our own making is another one next time, so all of them are meant.
[[nodiscard]] PolicyNeed connect_need(std::string_view client_id);

/// What to check where a certificate is refused, the most likely cause first. `client_id` empty: unknown.
[[nodiscard]] std::string certificate_hint(Principal principal, std::string_view client_id = {});

}  // namespace fleet_provision
