// Names that other tools give to what our options are: `--cert` of AWS's samples, `--cacert` of curl, `-CAfile` of
// openssl, `claimCertificatePath` of Greengrass. They are not taken, since some of them mean another thing there
// (`--key` is the claim's key in AWS's samples and the device's own here), but each is answered with ours.
#pragma once

#include <string>
#include <string_view>

#include "cli/option_table.hpp"

namespace fleet_provision {

/// Where an option was named: `--claim-cert`, `"claim-cert"` or `FLEET_PROVISION_CLAIM_CERT`.
enum class Spelling : unsigned char { kOption, kKey, kVariable };

[[nodiscard]] std::string spelled(const OptionRow& option, Spelling spelling);

/// What to give instead of `name`, which no option has: ours of that meaning, or the nearest by its letters. `name` has
/// no dashes before it and no prefix. Empty when nothing is near.
[[nodiscard]] std::string suggest_option(std::string_view name, Spelling spelling);

}  // namespace fleet_provision
