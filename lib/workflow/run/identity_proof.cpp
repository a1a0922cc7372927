#include "workflow/run/identity_proof.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/open_session.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kPemBytesMax = 256 * 1024;

Result<Secret> read_file(Disk& disk, const std::string& path) {
  FP_TRY_ASSIGN(std::optional<Secret> bytes, disk.read(path, kPemBytesMax));
  if (!bytes) return fail(ErrorKind::kIdentityDamaged, disk.root() + "/" + path + " is missing");
  return std::move(*bytes);
}

/// The key that the options name, if the identity does not name it.
std::string key_reference(const Plan& plan, const Identity& identity) {
  if (!std::holds_alternative<ExternalKey>(identity.key)) return text_of(identity.key);
  if (const auto* csr = std::get_if<ExistingCsr>(&plan.key_source)) return csr->key_reference.value_or("");
  if (const auto* key = std::get_if<ExistingKey>(&plan.key_source)) return key->reference;
  return "";
}

Result<DeviceKey> open_key(const Plan& plan, const Ports& ports, const std::string& directory,
                           const Identity& identity) {
  if (has_key_file(identity)) {
    FP_TRY_ASSIGN(const Secret pem, read_file(ports.disk, path_in(directory, kPrivateKeyFile)));
    return ports.keysmith.read_key(pem);
  }
  const std::string reference = key_reference(plan, identity);
  if (reference.empty()) {
    return fail(ErrorKind::kUsage, "the key of this identity is not in the state directory", "give it with --key");
  }
  return ports.keysmith.open_key(reference);
}

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::kClaimRefused || kind == ErrorKind::kPolicyConnect ||
         kind == ErrorKind::kConnectionRejected;
}

/// The error of a connection as the identity: a refusal is the identity's, whose policy comes from the template.
Error as_refusal_of_identity(Error error, const std::string& client_id) {
  const bool refused = is_refusal(error.kind);
  if (refused || error.kind == ErrorKind::kConnectionLost) {
    error.hint = "allow iot:Connect on client/" + printable(client_id) +
                 " in the policy that the template attaches, and make the certificate ACTIVE in the template; a new "
                 "policy may take minutes to take effect";
  }
  if (refused) error.kind = ErrorKind::kIdentityRefused;
  error.phase = Phase::kVerify;
  return error;
}

}  // namespace

Result<CertificateFacts> read_own_certificate(const Ports& ports, const std::string& directory) {
  FP_TRY_ASSIGN(const Secret certificate, read_file(ports.disk, path_in(directory, kCertificateFile)));
  return ports.keysmith.read_certificate(certificate.reveal());
}

Result<void> connect_as_identity(const Plan& plan, const Ports& ports, const std::string& directory,
                                 const Identity& identity) {
  FP_TRY_ASSIGN(const Secret certificate, read_file(ports.disk, path_in(directory, kCertificateFile)));
  FP_TRY_ASSIGN(const CertificateFacts facts, ports.keysmith.read_certificate(certificate.reveal()));
  const WallTime now = ports.clock.wall_now();
  if (facts.not_after < now) {
    return fail(
        ErrorKind::kIssuedCertificateExpired,
        "the identity's certificate expired at " + rfc3339(facts.not_after) + "; the local time is " + rfc3339(now),
        "set the clock if the local time is wrong; otherwise provision again with --force");
  }
  FP_TRY_ASSIGN(const DeviceKey key, open_key(plan, ports, directory, identity));
  if (key.public_key_sha256 != facts.public_key_sha256) {
    return fail(ErrorKind::kDeviceKeyUnusable, "the device key does not match the identity's certificate",
                "give the matching key with --key");
  }
  return ports.transport.use_identity({std::string(certificate.reveal()), key});
}

Result<ConnectionFacts> prove_identity(RunContext& context, const std::string& directory, const Identity& identity,
                                       MqttVersion version, unsigned attempt) {
  const Plan& plan = context.plan;
  const Ports& ports = context.ports;
  PhaseMark mark(ports.observer, Phase::kVerify, attempt);
  auto loaded = connect_as_identity(plan, ports, directory, identity);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kVerify));
  const auto client_id = plan.verify_client_id ? plan.verify_client_id : identity.thing_name;
  if (client_id) FP_TRY(context.attempts.await_client_id(*client_id));
  const ConnectRequest request = client_id ? context.attempts.request(*client_id, version, attempt)
                                           : context.attempts.claim_request(version, attempt);
  OpenSession session(ports.transport.connect(request));
  auto facts = session->established();
  if (!facts) return fail(as_refusal_of_identity(std::move(facts).error(), request.client_id));
  mark.ended();
  return facts;
}

Result<void> prove_installed_identity(RunContext& context) {
  FP_TRY(context.attempts.delay_start());
  Outcome& outcome = context.outcome;
  const auto once = [&](Retry& retry, unsigned attempt) -> Result<void> {
    ++outcome.attempts;
    FP_TRY_ASSIGN(outcome.connection,
                  prove_identity(context, kIdentityDirectory, *outcome.identity, retry.mqtt_version(), attempt));
    return {};
  };
  FP_TRY(context.attempts.until_done(once, [] { return Milestone::kInstalled; }));
  outcome.identity->verified_at = rfc3339(context.ports.clock.wall_now());
  return {};
}

}  // namespace fleet_provision
