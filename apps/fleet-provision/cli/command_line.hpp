// Splits argv into command, options and values. Values are not parsed here; see config/options.hpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/option_table.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The values of each option in the order given. The value of a flag is "true", or the text after `=`.
using GivenValues = std::map<OptionId, std::vector<std::string>>;

struct CommandLine {
  Command command = Command::kProvision;
  GivenValues given;
  /// The directories of `batch --report DIR…`; no other command takes arguments.
  std::vector<std::string> operands;
};

/// `arguments` excludes the program's name; the command may stand anywhere, once. Fails with kUsage for an unknown
/// option or command (the hint names the nearest), an argument that belongs to no option, and an option without its
/// value.
[[nodiscard]] Result<CommandLine> split_command_line(const std::vector<std::string>& arguments);
/// The command in a command line that may be invalid.
[[nodiscard]] Command command_of(const std::vector<std::string>& arguments);

}  // namespace fleet_provision
