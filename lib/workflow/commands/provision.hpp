// The whole job: from a Plan to an identity in the state directory, over ports.
#pragma once

#include "core/plan.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// Gives this gateway its identity, or finds that it has it, and does what is asked for besides: the proof, the end of
/// the claim, the user's program. Ends by `plan.timeout` after its call (`plan.splay` and the program have their own
/// time), whatever happens; what was reached stays in `pending/` for the next run.
[[nodiscard]] Outcome provision(const Plan& plan, const Ports& ports);

}  // namespace fleet_provision
