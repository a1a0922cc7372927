// What is owed once an identity is in its place: the proof that it works, the end of the claim, the user's program.
//
// Each is asked for by an option and done once: `verifiedAt` in identity.json, the absence of the claim's files and the
// mark beside identity/ say what is done already, so a run that finds the gateway provisioned does what is missing.
#pragma once

#include "workflow/run/attempts.hpp"
#include "workflow/run/claim_removal.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {

/// kIdentityRefused and what else a connection may fail with, kClaimNotRemoved, kOnSuccessFailed, or what the disk
/// says. With nothing left to do it takes no lock and writes nothing.
[[nodiscard]] Result<void> finish_what_is_owed(const Plan& plan, const Ports& ports, Vault& vault, Attempts& attempts,
                                               ClaimRemoval& claim, Outcome& outcome);

}  // namespace fleet_provision
