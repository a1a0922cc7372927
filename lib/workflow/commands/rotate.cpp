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

/// The plan of a rotation: the identity requests, with its own client id, and the claim is left alone.
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
  /// A commit that was cut off has installed it just now.
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
    // Where directories cannot be exchanged there is no identity/ for a moment, and a run can be cut off then.
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
    // Once more with the lock held: another run may have come first, or a rotation that was cut off is now complete.
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
  /// The last rotation has installed its identity, but was cut off or failed after that: it is finished, and this run
  /// requests no further certificate.
  [[nodiscard]] Result<bool> is_unfinished_rotation(RunContext& context) const {
    if (!installed_.identity.replaces) return false;
    if (installed_.committed || !context.plan.on_success) return installed_.committed;
    return has_on_success_mark(context.ports.disk, installed_.identity);
  }

  /// With the parameters of another gateway this one would get a certificate of that gateway's. A template made for
  /// rotation cannot be told from a wrong one; there the thing's name in the response decides.
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
