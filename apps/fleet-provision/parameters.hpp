// Template parameters from -P and --parameters.
#pragma once

#include "core/plan.hpp"
#include "core/result.hpp"
#include "options.hpp"

namespace fleet_provision {

/// The parameters of all sources, each name from its strongest: -P wins over --parameters, the command line over the
/// environment. `KEY=@FILE` is read here. A name given twice by one source is kUsage; a file that does not hold
/// what it should is kParametersUnusable.
[[nodiscard]] Result<Parameters> read_parameters(const Options& options);

}  // namespace fleet_provision
