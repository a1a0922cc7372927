// What follows once an identity is installed: the proof that it works, the removal of the claim, the user's program.
//
// Each is asked for by an option and done once: `verifiedAt` in identity.json, the absence of the claim's files and the
// mark beside identity/ tell what is done already, so a run that finds the gateway provisioned does what is missing.
#pragma once

#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// For the installed `outcome.identity`. kIdentityRefused and what else a connection may fail with, kClaimNotRemoved,
/// kOnSuccessFailed, or an error of the disk. With nothing left to do it takes no lock and writes nothing.
[[nodiscard]] Result<void> run_post_install(RunContext& context);

}  // namespace fleet_provision
