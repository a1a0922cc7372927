#include "workflow/run/new_identity.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

Result<void> check_thing_name(const std::optional<std::string>& name) {
  if (!name || is_thing_name(*name)) return {};
  return fail(ErrorKind::kMalformedAnswer,
              "the response's thingName \"" + printable(*name, 200) + "\" is not a thing name",
              "let the template name the thing with 1 to 128 of the characters A-Z a-z 0-9 : _ -")
      .in(Phase::kRegister);
}

/// A rotation replaces the identity of one thing by another identity of the same thing.
Result<void> check_same_thing(const Requester& requester, const Certified& certified,
                              const std::optional<std::string>& name) {
  if (!requester.rotated || !requester.rotated->thing_name || name == requester.rotated->thing_name) return {};
  return fail(ErrorKind::kOtherIdentity,
              "the service registered " + (name ? "thing " + *name : std::string("no thing")) + " instead of " +
                  *requester.rotated->thing_name + "; this gateway's identity is not replaced",
              "check that template and parameters are those of this gateway; delete certificate " +
                  printable(certified.certificate_id) + " at the service")
      .in(Phase::kRegister);
}

/// Adds the facts of the request to the identity; a rotation copies them from the replaced identity.
void add_request(Identity& identity, const RunContext& context, const Requester& requester,
                 const Certified& certified) {
  if (requester.rotated) {
    identity.template_name = requester.rotated->template_name;
    identity.request_digest = requester.rotated->request_digest;
    // A rotation requests as the identity, whose fingerprint is not that of a claim.
    identity.claim_fingerprint = requester.rotated->claim_fingerprint;
  } else {
    identity.template_name = context.plan.template_name;
    identity.request_digest = make_request_digest(context.plan, context.ports.keysmith);
    identity.claim_fingerprint = certified.origin.claim_fingerprint;
  }
}

/// Whether this program made the key. A key that the user gives may be the one of an identity that this one replaces.
bool is_made_here(const KeyMade& made, const Ports& ports) {
  if (std::holds_alternative<MadeHere>(made.origin)) return true;
  if (!is_in_hardware(made.key.location)) return false;
  for (const char* directory : {kIdentityDirectory, kPreviousDirectory}) {
    const auto identity = recorded_identity(ports.disk, directory);
    if (!identity || !identity->key_made_here) continue;
    const auto certificate = read_certificate_of(ports.disk, ports.keysmith, directory);
    const bool readable = certificate && *certificate;
    if (readable && (*certificate)->public_key_sha256 == made.key.public_key_sha256) return true;
  }
  return false;
}

}  // namespace

Result<Identity> make_identity(const RunContext& context, const Requester& requester, const Certified& certified,
                               RegisterThingAnswer answer) {
  const Plan& plan = context.plan;
  const Ports& ports = context.ports;
  const DeviceKey& key = certified.made.key;
  FP_TRY(check_thing_name(answer.thing_name));
  FP_TRY(check_same_thing(requester, certified, answer.thing_name));
  FP_TRY_ASSIGN(const CertificateFacts facts, ports.keysmith.read_certificate(certified.certificate_pem));
  FP_TRY_ASSIGN(const auto present, read_undamaged_identity(ports.disk, ports.keysmith, kIdentityDirectory));
  Identity identity;
  identity.thing_name = std::move(answer.thing_name);
  identity.certificate_id = certified.certificate_id;
  identity.certificate_fingerprint = facts.fingerprint;
  identity.not_after = rfc3339(facts.not_after);
  identity.endpoint = plan.endpoint.host;
  identity.port = plan.endpoint.port;
  identity.method = plan.method;
  identity.key_type = key.type;
  identity.key = key.location;
  identity.key_made_here = is_made_here(certified.made, ports);
  identity.device_configuration = std::move(answer.device_configuration);
  add_request(identity, context, requester, certified);
  // The wrapped key of a TPM handle is not a file of the identity.
  const Secret no_file;
  const Secret& key_pem = has_key_file(identity) ? key.pem : no_file;
  identity.files_digest = digest_of_files(identity, certified.certificate_pem, key_pem, ports.keysmith);
  if (present) identity.replaces = present->certificate_fingerprint;
  identity.provisioned_at = rfc3339(ports.clock.wall_now());
  return identity;
}

}  // namespace fleet_provision
