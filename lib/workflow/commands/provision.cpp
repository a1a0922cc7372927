// The order of a run:
//
//   look        an identity for this very request is the end, without lock, claim or network
//   open        lock; a commit that was cut off is finished
//   resume      what an unfinished run left, as far as it fits
//   enrolment   a connection for each attempt, until the identity is in its place
//   afterwards  what is owed once the identity is in its place
//
// All that is durable is the vault's; whether to try again is Retry's; the steps themselves are in Steps.
#include "workflow/commands/provision.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/attempts.hpp"
#include "workflow/run/claim_removal.hpp"
#include "workflow/run/enrolment.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/run/post_install.hpp"
#include "workflow/run/steps.hpp"
#include "workflow/state/request_digest.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {
namespace {

class Run {
 public:
  Run(const Plan& plan, const Ports& ports)
      : plan_(plan),
        ports_(ports),
        attempts_(plan, ports, outcome_),
        vault_(ports.disk, ports.keysmith, ports.observer, CommitDuties{plan.owner, plan.on_success.has_value()}),
        steps_(plan, ports, vault_, outcome_),
        enrolment_(plan, ports, vault_, steps_, attempts_, outcome_),
        claim_removal_(plan, ports) {}

  Outcome to_its_end() {
    auto ended = whole();
    if (!ended) {
      steps_.settle(ended.error().kind);
      outcome_.kind = OutcomeKind::kFailed;
      outcome_.error = std::move(ended).error();
    }
    return std::move(outcome_);
  }

 private:
  Result<void> whole() {
    auto ready = load();
    if (!ready) return fail(std::move(ready).error().in(Phase::kLoad));
    const bool found = outcome_.identity && outcome_.kind != OutcomeKind::kFailed;
    if (!found) {
      FP_TRY(enrolment_.to_its_end(claim_));
      outcome_.kind = OutcomeKind::kProvisioned;
    }
    return finish_what_is_owed(plan_, ports_, vault_, attempts_, claim_removal_, outcome_);
  }

  Result<void> load() {
    PhaseMark mark(ports_.observer, Phase::kLoad, 1);
    FP_TRY(vault_.require_sole_writer());
    FP_TRY_ASSIGN(const bool provisioned, look(OutcomeKind::kAlreadyProvisioned));
    if (!provisioned) {
      FP_TRY_ASSIGN(const bool unfinished, vault_.has_pending());
      // A claim that cannot be used leaves no trace; but a commit that was cut off needs no claim.
      if (!unfinished) FP_TRY(load_claim());
      FP_TRY_ASSIGN(const bool committed, vault_.open());
      FP_TRY_ASSIGN(const bool done, look_under_lock(committed));
      if (!done) {
        if (unfinished) FP_TRY(load_claim());
        FP_TRY(steps_.resume(claim_));
      }
    }
    mark.ended();
    return {};
  }

  /// True when the identity in place is for this request; an error when it is for another. Not with --force.
  Result<bool> look(OutcomeKind found_means) {
    if (plan_.force) return false;
    FP_TRY_ASSIGN(std::optional<Identity> identity, vault_.look());
    if (!identity) return false;
    if (!is_for(identity->request_digest, plan_, ports_.keysmith)) {
      const Error error = other_identity(*identity);
      outcome_.identity = std::move(identity);
      return fail(error);
    }
    outcome_.kind = found_means;
    outcome_.identity = std::move(identity);
    return true;
  }

  /// Once more with the lock held: another run may have come first, or a commit was finished just now.
  Result<bool> look_under_lock(bool committed) {
    if (!committed) return look(OutcomeKind::kAlreadyProvisioned);
    outcome_.resumed = true;
    if (!plan_.force) return look(OutcomeKind::kProvisioned);
    // The run with --force that was cut off is finished, unless this one asks for something else.
    FP_TRY_ASSIGN(std::optional<Identity> identity, vault_.look());
    if (!identity || !is_for(identity->request_digest, plan_, ports_.keysmith)) return false;
    outcome_.kind = OutcomeKind::kProvisioned;
    outcome_.identity = std::move(identity);
    return true;
  }

  [[nodiscard]] Error other_identity(const Identity& identity) const {
    std::string differs = "other parameters";
    if (identity.template_name != plan_.template_name) {
      differs = "template " + printable(identity.template_name, 80);
    } else if (identity.endpoint != plan_.endpoint.host) {
      differs = "endpoint " + printable(identity.endpoint, 260);
    }
    Error error;
    error.kind = ErrorKind::kOtherIdentity;
    error.message = ports_.disk.root() + " holds the identity of " + named(identity) + ", made for another request (" +
                    differs + ")";
    error.hint = "give this gateway a --state-dir of its own, or replace the identity with --force";
    return error;
  }

  Result<void> load_claim() {
    FP_TRY_ASSIGN(claim_, ports_.transport.load_credentials());
    // What will keep the claim from being deleted is told before a certificate is asked for.
    return claim_removal_.prepare(claim_);
  }

  const Plan& plan_;
  const Ports& ports_;
  Outcome outcome_;
  Attempts attempts_;
  Vault vault_;
  Steps steps_;
  Enrolment enrolment_;
  ClaimRemoval claim_removal_;
  CertificateFacts claim_;
};

}  // namespace

Outcome provision(const Plan& plan, const Ports& ports) {
  return Run(plan, ports).to_its_end();
}

}  // namespace fleet_provision
