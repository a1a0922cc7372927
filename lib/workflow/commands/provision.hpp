// The command `provision`: from a Plan to an identity in the state directory.
#pragma once

#include "core/plan.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// Provisions this gateway, or detects that it is provisioned, and then does the steps that options request:
/// verification, removal of the claim, the user's program. Ends by `plan.timeout` after its call (`plan.splay` and the
/// program have their own time), whatever happens; the milestone reached stays in `pending/` for the next run.
[[nodiscard]] Outcome provision(const Plan& plan, const Ports& ports);

}  // namespace fleet_provision
