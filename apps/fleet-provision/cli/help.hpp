// --help and --version, made from the option table.
#pragma once

#include <cstddef>
#include <string>

#include "cli/command.hpp"

namespace fleet_provision {

inline constexpr std::size_t kHelpColumns = 100;

/// The help of a command with the options that apply to it: ASCII lines of at most kHelpColumns columns.
[[nodiscard]] std::string help_text(Command command);
/// `fleet-provision 0.1.0` and a newline.
[[nodiscard]] std::string version_text();

}  // namespace fleet_provision
