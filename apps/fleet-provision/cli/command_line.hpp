// argv split into command, options and values, and nothing more: what a value means is for options.hpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/option_table.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Values in the order given, per option. A flag's value is "true", or the text after `=`.
using GivenValues = std::map<OptionId, std::vector<std::string>>;

struct CommandLine {
  Command command = Command::kProvision;
  GivenValues given;
};

/// `arguments` without the program's name; the command may stand anywhere, once. Fails with kUsage for an unknown
/// option or command (and names the nearest), for an argument that belongs to no option, and for an option
/// without its value.
[[nodiscard]] Result<CommandLine> split_command_line(const std::vector<std::string>& arguments);
/// The command that a line which may be wrong otherwise is about.
[[nodiscard]] Command command_of(const std::vector<std::string>& arguments);

}  // namespace fleet_provision
