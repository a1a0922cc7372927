// Template parameters from -P and --parameters.
#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Each name has the value of its strongest source, and -P wins over --parameters of the same source; --parameters of
/// a stronger source replaces that of a weaker one, objects of several configuration files are merged. `KEY=@FILE` is
/// read here, without blanks, line ends and NUL bytes around its text; what was more than the end of a line or of a C
/// string is told in `warnings`, and so is an empty value. A name given twice by one source is kUsage; a file that does
/// not hold what it should is kParametersUnusable.
[[nodiscard]] Result<Parameters> read_parameters(const Options& options, std::vector<std::string>& warnings);

}  // namespace fleet_provision
