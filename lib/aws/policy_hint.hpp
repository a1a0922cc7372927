// What to add to the claim's policy, in the words of an AWS IoT policy, when a step was denied.
#pragma once

#include <string>
#include <string_view>

#include "aws/claim_policy.hpp"
#include "core/error.hpp"

namespace fleet_provision {

/// `the claim's policy must allow ACTION on RESOURCE, …: add {…}`, with the region and partition of `place`.
[[nodiscard]] std::string allow_hint(const PolicyNeed& need, const AwsPlace& place = {});

/// iot:Connect for this client id; one of our own making is another one next time, so all of them are meant.
[[nodiscard]] PolicyNeed connect_need(std::string_view client_id);

/// Why a claim may be refused, most likely first. `client_id` empty: unknown.
[[nodiscard]] std::string claim_hint(std::string_view client_id = {});

}  // namespace fleet_provision
