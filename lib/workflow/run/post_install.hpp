// The steps after the installation of an identity: its verification, the removal of the claim, the user's program.
//
// Each step is requested by an option and done once: `verifiedAt` in identity.json, the absence of the claim's files
// and the file `on-success-owed` record which steps are done, so a run on a provisioned gateway does the remaining
// ones.
#pragma once

#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// For the installed `outcome.identity`. kIdentityRefused and other errors of a connection, kClaimNotRemoved,
/// kOnSuccessFailed, or an error of the disk. With nothing left to do it takes no lock and writes nothing.
[[nodiscard]] Result<void> run_post_install(RunContext& context);

}  // namespace fleet_provision
