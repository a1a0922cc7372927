// --print-config: the value of every option and where it came from.
#pragma once

#include <string>

#include "config/options.hpp"

namespace fleet_provision {

/// One line per value, `name = value  # origin`, in the order of the option table; values are not checked. Passwords
/// and PINs are `***`. `environment` provides https_proxy.
[[nodiscard]] std::string print_config(const Options& options, const Environment& environment);

}  // namespace fleet_provision
