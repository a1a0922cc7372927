// Option names of other tools: `--cert` of AWS's samples, `--cacert` of curl, `-CAfile` of openssl,
// `claimCertificatePath` of Greengrass. They are not accepted, because some have another meaning there (`--key` is the
// claim key in AWS's samples and the device key here), but the error's hint names our option.
#pragma once

#include <string>
#include <string_view>

#include "cli/option_table.hpp"

namespace fleet_provision {

/// The form of an option's name: `--claim-cert`, `"claim-cert"` or `FLEET_PROVISION_CLAIM_CERT`.
enum class Spelling : unsigned char { kOption, kKey, kVariable };

[[nodiscard]] std::string spelled(const OptionRow& option, Spelling spelling);

/// A hint for `name`, which is not an option: our option of that meaning, or the nearest by spelling. `name` comes
/// without leading dashes or prefix. Empty if no option is similar.
[[nodiscard]] std::string suggest_option(std::string_view name, Spelling spelling);

}  // namespace fleet_provision
