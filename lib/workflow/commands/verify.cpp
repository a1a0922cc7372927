#include "workflow/commands/verify.hpp"

#include <utility>

#include "workflow/run/identity_proof.hpp"

namespace fleet_provision {
namespace {

Result<void> verify(RunContext& context) {
  const Ports& ports = context.ports;
  FP_TRY(context.vault.require_sole_writer());
  FP_TRY_ASSIGN(context.outcome.identity, context.vault.read_identity());
  if (!context.outcome.identity) return not_provisioned(ports.disk);
  auto locked = ports.disk.lock();
  if (!locked && locked.error().kind == ErrorKind::kLocked) return locked;
  FP_TRY(prove_installed_identity(context));
  // A user who may read the identity but not write the state directory can still verify it.
  if (locked) locked = context.vault.store_verified(*context.outcome.identity);
  if (!locked) ports.observer.warned("cannot record the time of verification: " + locked.error().message);
  return {};
}

}  // namespace

Outcome verify_installed(const Plan& plan, const Ports& ports) {
  RunContext context(plan, ports);
  auto ended = verify(context);
  context.outcome.kind = ended ? OutcomeKind::kVerified : OutcomeKind::kFailed;
  if (!ended) context.outcome.error = std::move(ended).error();
  return std::move(context.outcome);
}

}  // namespace fleet_provision
