// From argv to texts: the only part of the simulator that includes CLI11.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "simulator/option_rows.hpp"

namespace fleet_provision::simulator {

struct CommandLine {
  bool help = false;
  bool version = false;
  /// What was given for each option, by its long name without dashes, in order.
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  /// COMMAND and its arguments; empty when there is no `--`.
  std::vector<std::string> command;

  /// All values of an option.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  /// The last value of an option; empty when it was not given.
  [[nodiscard]] std::string last(std::string_view name) const;
};

/// Knows the options of `rows`. The first of `arguments` is the program's name. kUsage. --help and --version end the
/// parsing.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                                     std::span<const OptionRow> rows);
/// Whether `--` is among the arguments, so that failures get the exit codes of a program that runs another.
[[nodiscard]] bool names_a_command(const std::vector<std::string>& arguments);

}  // namespace fleet_provision::simulator
