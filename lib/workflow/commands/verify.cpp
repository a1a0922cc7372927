#include "workflow/commands/verify.hpp"

#include <utility>

#include "workflow/run/attempts.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {

Outcome verify_installed(const Plan& plan, const Ports& ports) {
  Outcome outcome;
  Vault vault(ports.disk, ports.keysmith, ports.observer);
  Attempts attempts(plan, ports, outcome);
  const auto whole = [&]() -> Result<void> {
    FP_TRY(vault.require_sole_writer());
    FP_TRY_ASSIGN(outcome.identity, vault.look());
    if (!outcome.identity) {
      return fail(ErrorKind::kNotProvisioned, ports.disk.root() + " holds no identity",
                  "provision this gateway first, or give its --state-dir");
    }
    auto locked = ports.disk.lock();
    if (!locked && locked.error().kind == ErrorKind::kLocked) return locked;
    FP_TRY(prove_in_place(plan, ports, attempts, outcome));
    // Whoever may read an identity and not write beside it still learns whether it works.
    if (locked) locked = vault.store_verified(*outcome.identity);
    if (!locked) ports.observer.warned("cannot record the time of verification: " + locked.error().message);
    return {};
  };
  auto ended = whole();
  outcome.kind = ended ? OutcomeKind::kVerified : OutcomeKind::kFailed;
  if (!ended) outcome.error = std::move(ended).error();
  return outcome;
}

}  // namespace fleet_provision
