#include "workflow/commands/rotate.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/driver.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/on_success_mark.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

/// The plan of a rotation: the identity requests the certificate with its own client id, and the claim is not used.
Plan as_the_identity(Plan plan, const Identity& installed) {
  plan.client_id = plan.verify_client_id ? plan.verify_client_id : installed.thing_name;
  plan.principal = Principal::kIdentity;
  plan.verify = true;
  plan.claim_files_to_remove.clear();
  return plan;
}

/// The identity to be replaced.
struct Installation {
  Identity identity;
  /// This run has completed an interrupted commit that installed it.
  bool committed = false;
};

/// kNotProvisioned.
Result<Installation> find_installation(const Plan& plan, const Ports& ports) {
  RunContext context(plan, ports);
  Vault& vault = context.vault;
  FP_TRY(vault.require_sole_writer());
  FP_TRY_ASSIGN(std::optional<Identity> identity, vault.read_identity());
  bool committed = false;
  FP_TRY_ASSIGN(const bool unfinished, vault.has_pending());
  if (!identity && unfinished) {
    // If directories cannot be exchanged, identity/ is missing for a moment, and a run can be interrupted then.
    FP_TRY_ASSIGN(committed, vault.open());
    FP_TRY_ASSIGN(identity, vault.read_identity());
  }
  if (identity) return Installation{std::move(*identity), committed};
  return not_provisioned(ports.disk);
}

/// The installed identity requests its own successor.
class IdentityStart final : public RunStart {
 public:
  explicit IdentityStart(Installation found) : installed_(std::move(found)) {}

  Result<std::optional<Requester>> begin(RunContext& context) override {
    context.outcome.identity = installed_.identity;
    FP_TRY(require_same_request(context));
    FP_TRY_ASSIGN(const bool committed, context.vault.open());
    installed_.committed = installed_.committed || committed;
    // Reads the identity again with the lock held, because another run may have replaced it, or an interrupted rotation
    // may now be complete.
    FP_TRY_ASSIGN(std::optional<Identity> identity, context.vault.read_identity());
    if (!identity) {
      return fail(ErrorKind::kIdentityDamaged, context.ports.disk.root() + " no longer holds an identity");
    }
    installed_.identity = std::move(*identity);
    context.outcome.identity = installed_.identity;
    FP_TRY(require_same_request(context));
    FP_TRY_ASSIGN(const bool installed, is_unfinished_rotation(context));
    if (installed) {
      context.outcome.kind = OutcomeKind::kRotated;
      context.outcome.resumed = true;
      return std::optional<Requester>();
    }
    FP_TRY_ASSIGN(CertificateFacts certificate, read_own_certificate(context.ports, kIdentityDirectory));
    return std::optional(Requester{std::move(certificate), installed_.identity});
  }

 private:
  /// Whether the last rotation installed its identity but was interrupted or failed after that: this run then completes
  /// it and requests no further certificate.
  [[nodiscard]] Result<bool> is_unfinished_rotation(RunContext& context) const {
    if (!installed_.identity.replaces) return false;
    if (installed_.committed || !context.plan.on_success) return installed_.committed;
    return has_on_success_mark(context.ports.disk, installed_.identity);
  }

  /// With the parameters of another gateway this gateway would get a certificate for that gateway's thing. The program
  /// cannot distinguish a template for rotation from a wrong one; then the thing's name in the response decides.
  [[nodiscard]] Result<void> require_same_request(const RunContext& context) const {
    const Plan& plan = context.plan;
    const Identity& identity = installed_.identity;
    const bool same_endpoint = identity.endpoint == plan.endpoint.host;
    const bool same_template = identity.template_name == plan.template_name;
    if (is_for(identity.request_digest, plan, context.ports.keysmith)) return {};
    if (same_endpoint && !same_template) return {};
    const std::string holds = context.ports.disk.root() + " holds the identity of " + named(identity) + ", made ";
    if (same_endpoint) {
      return fail(ErrorKind::kOtherIdentity, holds + "with other parameters",
                  "give the parameters that the identity was made with");
    }
    return fail(ErrorKind::kOtherIdentity, holds + "at another endpoint (" + printable(identity.endpoint, 260) + ")",
                "omit --endpoint, or provision at the new endpoint with --force");
  }

  Installation installed_;
};

}  // namespace

Outcome rotate(const Plan& plan, const Ports& ports) {
  auto found = find_installation(plan, ports);
  if (!found) {
    Outcome outcome;
    outcome.error = std::move(found).error().in(Phase::kLoad);
    return outcome;
  }
  const Plan rotation = as_the_identity(plan, found->identity);
  RunContext context(rotation, ports);
  IdentityStart start(std::move(*found));
  return drive(context, start);
}

}  // namespace fleet_provision
