// The options of fleet-provision-simulator in one table. The parser, --help, the manual page and the completions use
// it.
#pragma once

#include <span>
#include <string_view>

namespace fleet_provision::simulator {

struct OptionRow {
  /// Long name without dashes.
  std::string_view name;
  /// Short name, or 0.
  char letter;
  /// The name of the value; empty for a flag.
  std::string_view metavar;
  bool repeatable;
  /// As the help shows it; empty: none.
  std::string_view default_value;
  std::string_view help;
};

/// In the order of --help.
[[nodiscard]] std::span<const OptionRow> option_rows();
/// The options of `fleet-provision-simulator report`.
[[nodiscard]] std::span<const OptionRow> report_option_rows();

}  // namespace fleet_provision::simulator
