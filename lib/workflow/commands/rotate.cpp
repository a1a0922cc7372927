#include "workflow/commands/rotate.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/attempts.hpp"
#include "workflow/run/enrolment.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/run/post_install.hpp"
#include "workflow/run/steps.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/request_digest.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {
namespace {

CommitDuties duties_of(const Plan& plan) {
  return {plan.owner, plan.on_success.has_value()};
}

/// As whom and how a rotation connects, whatever the claim did.
Plan as_the_identity(Plan plan, const Identity& present) {
  plan.client_id = plan.verify_client_id ? plan.verify_client_id : present.thing_name;
  plan.principal = Principal::kIdentity;
  plan.verify = true;
  plan.claim_files_to_remove.clear();
  return plan;
}

class Rotation {
 public:
  /// `committed`: a run that was cut off has put `present` in its place just now.
  Rotation(const Plan& plan, const Ports& ports, Identity present, bool committed)
      : plan_(as_the_identity(plan, present)),
        ports_(ports),
        present_(std::move(present)),
        committed_(committed),
        attempts_(plan_, ports_, outcome_),
        vault_(ports.disk, ports.keysmith, ports.observer, duties_of(plan)),
        steps_(plan_, ports_, vault_, outcome_),
        enrolment_(plan_, ports_, vault_, steps_, attempts_, outcome_) {}

  Outcome to_its_end() {
    auto ended = whole();
    if (!ended) {
      steps_.settle(ended.error().kind);
      outcome_.kind = OutcomeKind::kFailed;
      outcome_.error = std::move(ended).error();
      if (!outcome_.identity) outcome_.identity = std::move(present_);
    }
    return std::move(outcome_);
  }

 private:
  Result<void> whole() {
    CertificateFacts asking;
    auto ready = load(asking);
    if (!ready) return fail(std::move(ready).error().in(Phase::kLoad));
    if (!outcome_.identity) FP_TRY(enrolment_.to_its_end(asking));
    outcome_.kind = OutcomeKind::kRotated;
    // A rotation leaves the claim alone: the plan names no file of it.
    ClaimRemoval no_claim(plan_, ports_);
    return finish_what_is_owed(plan_, ports_, vault_, attempts_, no_claim, outcome_);
  }

  Result<void> load(CertificateFacts& asking) {
    PhaseMark mark(ports_.observer, Phase::kLoad, 1);
    FP_TRY(require_same_request());
    FP_TRY_ASSIGN(const bool committed_now, vault_.open());
    committed_ = committed_ || committed_now;
    // With the lock held once more: another run may have come first, or a rotation that was cut off is now complete.
    FP_TRY_ASSIGN(std::optional<Identity> found, vault_.look());
    if (!found) return fail(ErrorKind::kIdentityDamaged, ports_.disk.root() + " no longer holds an identity");
    present_ = std::move(*found);
    FP_TRY(require_same_request());
    FP_TRY_ASSIGN(const bool over, is_all_but_over());
    if (over) {
      outcome_.identity = present_;
      outcome_.resumed = true;
    } else {
      steps_.rotate(present_);
      FP_TRY_ASSIGN(const CertificateFacts own, read_own_certificate(ports_, kIdentityDirectory));
      FP_TRY(steps_.resume(own));
      if (steps_.needs_network()) {
        FP_TRY_ASSIGN(asking, speak_as_identity(plan_, ports_, kIdentityDirectory, present_));
      }
    }
    mark.ended();
    return {};
  }

  /// The last rotation has put its identity in place, but was cut off or failed before its end: it is finished, and
  /// does not count as one that asks for yet another certificate.
  [[nodiscard]] Result<bool> is_all_but_over() {
    if (!present_.replaces) return false;
    if (committed_ || !plan_.on_success) return committed_;
    return vault_.owes_on_success(present_);
  }

  /// Parameters of another gateway would make this one's new certificate one of that gateway's. A template made for
  /// rotation cannot be told from a wrong one; there the thing's name in the answer decides.
  [[nodiscard]] Result<void> require_same_request() const {
    const bool same_place = present_.endpoint == plan_.endpoint.host && present_.template_name == plan_.template_name;
    if (is_for(present_.request_digest, plan_, ports_.keysmith)) return {};
    if (present_.endpoint == plan_.endpoint.host && !same_place) return {};
    return fail(
        ErrorKind::kOtherIdentity,
        ports_.disk.root() + " holds the identity of " + named(present_) + ", made " +
            (same_place ? "with other parameters" : "at another endpoint (" + printable(present_.endpoint, 260) + ")"),
        same_place ? "give the parameters that the identity was made with"
                   : "omit --endpoint, or provision at the new endpoint with --force");
  }

  const Plan plan_;
  const Ports ports_;
  Identity present_;
  bool committed_;
  Outcome outcome_;
  Attempts attempts_;
  Vault vault_;
  Steps steps_;
  Enrolment enrolment_;
};

}  // namespace

Outcome rotate(const Plan& plan, const Ports& ports) {
  Outcome outcome;
  const auto begin = [&]() -> Result<Outcome> {
    Vault vault(ports.disk, ports.keysmith, ports.observer, duties_of(plan));
    FP_TRY(vault.require_sole_writer());
    FP_TRY_ASSIGN(std::optional<Identity> present, vault.look());
    bool committed = false;
    FP_TRY_ASSIGN(const bool unfinished, vault.has_pending());
    if (!present && unfinished) {
      // Where directories cannot be exchanged the present identity is away for a moment, and a cut can come then.
      FP_TRY_ASSIGN(committed, vault.open());
      FP_TRY_ASSIGN(present, vault.look());
    }
    if (present) return Rotation(plan, ports, std::move(*present), committed).to_its_end();
    return fail(ErrorKind::kNotProvisioned, ports.disk.root() + " holds no identity",
                "provision this gateway first, or give its --state-dir");
  };
  auto ended = begin();
  if (ended) return std::move(*ended);
  outcome.error = std::move(ended).error().in(Phase::kLoad);
  return outcome;
}

}  // namespace fleet_provision
