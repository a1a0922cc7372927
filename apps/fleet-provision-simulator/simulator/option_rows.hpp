// Every option of fleet-provision-simulator, described once: --help, the manual and the completions are made from it.
#pragma once

#include <span>
#include <string_view>

namespace fleet_provision::simulator {

struct OptionRow {
  /// Long name without dashes.
  std::string_view name;
  /// Short name, or 0.
  char letter;
  /// Empty for flags.
  std::string_view metavar;
  bool repeatable;
  /// In words; empty: none.
  std::string_view default_value;
  std::string_view help;
};

/// In the order of --help.
[[nodiscard]] std::span<const OptionRow> option_rows();

}  // namespace fleet_provision::simulator
