#include "workflow/run/post_install.hpp"

#include <utility>
#include <vector>

#include "workflow/run/identity_proof.hpp"
#include "workflow/run/identity_variables.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

class Afterwards {
 public:
  Afterwards(const Plan& plan, const Ports& ports, Vault& vault, Attempts& attempts, Outcome& outcome)
      : plan_(plan), ports_(ports), vault_(vault), attempts_(attempts), outcome_(outcome) {}

  Result<void> verify() {
    if (!plan_.verify || outcome_.identity->verified_at) return {};
    FP_TRY(ports_.disk.lock());
    FP_TRY(prove_in_place(plan_, ports_, attempts_, outcome_));
    FP_TRY(vault_.store_verified(*outcome_.identity));
    ports_.observer.reached("identity verified");
    return {};
  }

  Result<void> run_program() {
    if (!plan_.on_success) return {};
    FP_TRY_ASSIGN(const bool owed, vault_.owes_on_success(*outcome_.identity));
    if (!owed) return {};
    if (ports_.host == nullptr) return fail(ErrorKind::kInternal, "no host system to run the program");
    FP_TRY(ports_.disk.lock());
    // Another run may have been faster.
    FP_TRY_ASSIGN(const bool still_owed, vault_.owes_on_success(*outcome_.identity));
    if (!still_owed) return {};
    PhaseMark mark(ports_.observer, Phase::kOnSuccess, 1);
    // It may run for long, and nothing here needs a key any more.
    ports_.keysmith.forget_keys();
    ports_.transport.forget_credentials();
    auto ran = ports_.host->run(call());
    if (!ran) return fail(std::move(ran).error().in(Phase::kOnSuccess));
    mark.ended();
    return vault_.on_success_is_done();
  }

 private:
  [[nodiscard]] std::string file(const char* name) const {
    return ports_.host->absolute(ports_.disk.root() + "/" + path_in(kIdentityDirectory, name));
  }

  [[nodiscard]] ProgramCall call() const {
    return {*plan_.on_success, identity_variables(*outcome_.identity, ports_.host->absolute(ports_.disk.root())),
            // The program is not to be short of time because the network was slow.
            ports_.clock.now() + plan_.timeout};
  }

  const Plan& plan_;
  const Ports& ports_;
  Vault& vault_;
  Attempts& attempts_;
  Outcome& outcome_;
};

}  // namespace

Result<void> finish_what_is_owed(const Plan& plan, const Ports& ports, Vault& vault, Attempts& attempts,
                                 ClaimRemoval& claim, Outcome& outcome) {
  Afterwards afterwards(plan, ports, vault, attempts, outcome);
  FP_TRY(afterwards.verify());
  FP_TRY(claim.carry_out(*outcome.identity));
  return afterwards.run_program();
}

}  // namespace fleet_provision
