#include "workflow/commands/provision.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/driver.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

/// An identity for this very request is the end of the run, without lock, claim or network. Otherwise the claim
/// requests.
class ClaimStart final : public RunStart {
 public:
  Result<std::optional<Requester>> begin(RunContext& context) override {
    Vault& vault = context.vault;
    FP_TRY(vault.require_sole_writer());
    FP_TRY_ASSIGN(const bool provisioned, find_identity(context, OutcomeKind::kAlreadyProvisioned));
    if (provisioned) return std::optional<Requester>();
    FP_TRY_ASSIGN(const bool unfinished, vault.has_pending());
    Requester claim;
    // An unusable claim must not leave files in the state directory; but completing an interrupted commit needs no
    // claim.
    if (!unfinished) FP_TRY(load_claim(context, claim));
    FP_TRY_ASSIGN(const bool committed, vault.open());
    FP_TRY_ASSIGN(const bool installed, find_identity_under_lock(context, committed));
    if (installed) return std::optional<Requester>();
    if (unfinished) FP_TRY(load_claim(context, claim));
    return std::optional(std::move(claim));
  }

 private:
  /// True when the installed identity is for this request; an error when it is for another. Not with --force.
  static Result<bool> find_identity(RunContext& context, OutcomeKind kind) {
    if (context.plan.force) return false;
    FP_TRY_ASSIGN(std::optional<Identity> identity, context.vault.read_identity());
    if (!identity) return false;
    const bool same_request = is_for(identity->request_digest, context.plan, context.ports.keysmith);
    context.outcome.identity = std::move(identity);
    if (!same_request) return other_identity(context);
    FP_TRY(require_same_csr(context));
    context.outcome.kind = kind;
    return true;
  }

  /// The certificate for one CSR is of no use to a gateway that has the key of another. A CSR that cannot be read any
  /// more is not compared; neither is one with an identity that `rotate` or --force put in place of another.
  static Result<void> require_same_csr(const RunContext& context) {
    const auto* given = std::get_if<ExistingCsr>(&context.plan.key_source);
    const Identity& identity = *context.outcome.identity;
    if (given == nullptr || identity.replaces) return {};
    const Ports& ports = context.ports;
    const auto csr = ports.keysmith.open_csr(given->file);
    if (!csr) return {};
    FP_TRY_ASSIGN(const auto certificate, read_certificate_of(ports.disk, ports.keysmith, kIdentityDirectory));
    if (!certificate || certificate->public_key_sha256 == csr->public_key_sha256) return {};
    return fail(ErrorKind::kOtherIdentity,
                ports.disk.root() + " holds the identity of " + named(identity) +
                    ", made with another key than the CSR " + printable(given->file),
                "give the CSR that it was made with, or replace the identity with --force");
  }

  /// Checks again with the lock held, because another run may have installed an identity, or this run may have
  /// completed a commit.
  static Result<bool> find_identity_under_lock(RunContext& context, bool committed) {
    if (!committed) return find_identity(context, OutcomeKind::kAlreadyProvisioned);
    context.outcome.resumed = true;
    if (!context.plan.force) return find_identity(context, OutcomeKind::kProvisioned);
    // An interrupted run with --force is now complete, unless this run has another request.
    FP_TRY_ASSIGN(std::optional<Identity> identity, context.vault.read_identity());
    if (!identity || !is_for(identity->request_digest, context.plan, context.ports.keysmith)) return false;
    context.outcome.kind = OutcomeKind::kProvisioned;
    context.outcome.identity = std::move(identity);
    return true;
  }

  static Failure other_identity(const RunContext& context) {
    const Plan& plan = context.plan;
    const Identity& identity = *context.outcome.identity;
    std::string differs = "other parameters";
    if (identity.template_name != plan.template_name) {
      differs = "template " + printable(identity.template_name, 80);
    } else if (identity.endpoint != plan.endpoint.host) {
      differs = "endpoint " + printable(identity.endpoint, 260);
    }
    return fail(ErrorKind::kOtherIdentity,
                context.ports.disk.root() + " holds the identity of " + named(identity) +
                    ", made for another request (" + differs + ")",
                "give this gateway a --state-dir of its own, or replace the identity with --force");
  }

  static Result<void> load_claim(RunContext& context, Requester& claim) {
    FP_TRY_ASSIGN(claim.certificate, context.ports.transport.load_credentials());
    // Obstacles to deleting the claim are reported before a certificate is requested.
    return context.claim_removal.prepare(claim.certificate);
  }
};

}  // namespace

Outcome provision(const Plan& plan, const Ports& ports) {
  RunContext context(plan, ports);
  ClaimStart start;
  return drive(context, start);
}

}  // namespace fleet_provision
