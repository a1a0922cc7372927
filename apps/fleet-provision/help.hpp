// --help and --version, made from the option table.
#pragma once

#include <cstddef>
#include <string>

namespace fleet_provision {

inline constexpr std::size_t kHelpColumns = 100;

/// Lines of at most kHelpColumns columns, ASCII, with a final newline.
[[nodiscard]] std::string help_text();
/// `fleet-provision 0.1.0` and a newline.
[[nodiscard]] std::string version_text();

}  // namespace fleet_provision
