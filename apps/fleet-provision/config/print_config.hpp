// --print-config: the value of every option and where it came from.
#pragma once

#include <string>

#include "config/options.hpp"

namespace fleet_provision {

/// One line per value, in the order of the table: `name = value  # origin`, as it was given and not proved; what is not
/// set has no value. Passwords and PINs are `***`. `environment` is asked for the proxy that all programs share.
[[nodiscard]] std::string print_config(const Options& options, const Environment& environment);

}  // namespace fleet_provision
