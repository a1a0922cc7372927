#include "workflow/run/post_install.hpp"

#include <utility>

#include "workflow/run/identity_proof.hpp"
#include "workflow/run/identity_variables.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/on_success_mark.hpp"

namespace fleet_provision {
namespace {

Result<void> verify_identity(RunContext& context) {
  Outcome& outcome = context.outcome;
  if (!context.plan.verify || outcome.identity->verified_at) return {};
  FP_TRY(context.ports.disk.lock());
  FP_TRY(prove_installed_identity(context));
  FP_TRY(context.vault.store_verified(*outcome.identity));
  context.ports.observer.reached("identity verified");
  return {};
}

ProgramCall program_call(const RunContext& context) {
  const Ports& ports = context.ports;
  return {*context.plan.on_success,
          identity_variables(*context.outcome.identity, ports.host->absolute(ports.disk.root())),
          // The program has its own time, however slow the network was.
          ports.clock.now() + context.plan.timeout};
}

Result<void> run_program(RunContext& context) {
  if (!context.plan.on_success) return {};
  const Ports& ports = context.ports;
  const Identity& identity = *context.outcome.identity;
  FP_TRY_ASSIGN(const bool marked, has_on_success_mark(ports.disk, identity));
  if (!marked) return {};
  if (ports.host == nullptr) return fail(ErrorKind::kInternal, "there is no host system to run the program");
  FP_TRY(ports.disk.lock());
  // Another run may have run the program meanwhile.
  FP_TRY_ASSIGN(const bool still_marked, has_on_success_mark(ports.disk, identity));
  if (!still_marked) return {};
  PhaseMark mark(ports.observer, Phase::kOnSuccess, 1);
  // The program may run for a long time, and this process needs no key any more.
  ports.keysmith.forget_keys();
  ports.transport.forget_credentials();
  auto ran = ports.host->run(program_call(context));
  if (!ran) return fail(std::move(ran).error().in(Phase::kOnSuccess));
  mark.ended();
  return remove_on_success_mark(ports.disk);
}

}  // namespace

Result<void> run_post_install(RunContext& context) {
  FP_TRY(verify_identity(context));
  FP_TRY(context.claim_removal.carry_out(*context.outcome.identity));
  return run_program(context);
}

}  // namespace fleet_provision
