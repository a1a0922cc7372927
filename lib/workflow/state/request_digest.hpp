// The salted digest that identifies the request of an identity.
#pragma once

#include <string>
#include <string_view>

#include "core/plan.hpp"
#include "ports/keysmith.hpp"

namespace fleet_provision {

/// `sha256:SALT:HEX` over endpoint host, template and parameters. The parameters of a fleet are guessable (serial
/// numbers), hence the salt.
[[nodiscard]] std::string make_request_digest(const Plan& plan, Keysmith& keysmith);
/// Whether `digest` was made for this plan.
[[nodiscard]] bool is_for(std::string_view digest, const Plan& plan, Keysmith& keysmith);

}  // namespace fleet_provision
