// argv split into options and values, and nothing more: what a value means is for options.hpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "option_table.hpp"

namespace fleet_provision {

/// Values in the order given, per option. A flag's value is "true", or the text after `=`.
using GivenValues = std::map<OptionId, std::vector<std::string>>;

/// `arguments` without the program's name. Fails with kUsage for an unknown option (and names the nearest), for an
/// argument that belongs to no option, and for an option without its value.
[[nodiscard]] Result<GivenValues> split_command_line(const std::vector<std::string>& arguments);

}  // namespace fleet_provision
