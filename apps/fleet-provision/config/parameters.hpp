// Template parameters from -P and --parameters.
#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The template parameters of all sources. For each name the source of highest precedence counts; within one source -P
/// overrides --parameters. --parameters of a higher source replaces that of a lower one; objects of several
/// configuration files are merged. The file of `KEY=@FILE` is read here; whitespace, line ends and NUL bytes around its
/// text are removed, with a warning if that was more than one line end. An empty value is a warning too. kUsage if one
/// source gives a name twice; kParametersUnusable for the content of a file.
[[nodiscard]] Result<Parameters> read_parameters(const Options& options, std::vector<std::string>& warnings);

}  // namespace fleet_provision
