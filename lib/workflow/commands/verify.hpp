// The command `verify`: whether the installed identity works.
#pragma once

#include "core/plan.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// The command `verify`: the installed identity connects (kVerified); kNotProvisioned where there is none.
[[nodiscard]] Outcome verify_installed(const Plan& plan, const Ports& ports);

}  // namespace fleet_provision
