#include "workflow/run/identity_proof.hpp"

#include <memory>
#include <utility>

#include "core/text.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kPemBytesMax = 256 * 1024;

Result<Secret> read_whole(Disk& disk, const std::string& path) {
  FP_TRY_ASSIGN(std::optional<Secret> bytes, disk.read(path, kPemBytesMax));
  if (!bytes) return fail(ErrorKind::kIdentityDamaged, disk.root() + "/" + path + " is missing");
  return std::move(*bytes);
}

/// The key the options name, where the identity does not hold it.
std::string outside_key(const Plan& plan, const Identity& identity) {
  if (!identity.key.empty()) return identity.key;
  if (const auto* csr = std::get_if<ExistingCsr>(&plan.key_source)) return csr->key_reference.value_or("");
  if (const auto* key = std::get_if<ExistingKey>(&plan.key_source)) return key->reference;
  return "";
}

Result<DeviceKey> open_key(const Plan& plan, const Ports& ports, const std::string& directory,
                           const Identity& identity) {
  if (identity.key == kPrivateKeyFile) {
    FP_TRY_ASSIGN(const Secret pem, read_whole(ports.disk, path_in(directory, kPrivateKeyFile)));
    return ports.keysmith.read_key(pem);
  }
  const std::string reference = outside_key(plan, identity);
  if (reference.empty()) {
    return fail(ErrorKind::kUsage, "the key of this identity is kept elsewhere, and nobody said where",
                "name it with --key");
  }
  return ports.keysmith.open_key(reference);
}

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::kClaimRefused || kind == ErrorKind::kPolicyConnect ||
         kind == ErrorKind::kConnectionRejected;
}

/// Here it is the new identity that was refused.
Error told_of_identity(Error error, const std::string& client_id) {
  const bool refused = is_refusal(error.kind);
  if (refused || error.kind == ErrorKind::kConnectionLost) {
    error.hint = "the policy that the template attaches must allow iot:Connect on client/" + printable(client_id) +
                 ", and the template must make the certificate ACTIVE; a new policy may take minutes to spread";
  }
  if (refused) error.kind = ErrorKind::kIdentityRefused;
  error.phase = Phase::kVerify;
  return error;
}

/// Closes on every way out.
class OpenSession {
 public:
  explicit OpenSession(std::unique_ptr<Session> session) : session_(std::move(session)) {}
  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;
  ~OpenSession() { session_->close(); }
  Session& operator*() { return *session_; }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace

Result<CertificateFacts> read_own_certificate(const Ports& ports, const std::string& directory) {
  FP_TRY_ASSIGN(const Secret certificate, read_whole(ports.disk, path_in(directory, kCertificateFile)));
  return ports.keysmith.read_certificate(certificate.reveal());
}

Result<CertificateFacts> speak_as_identity(const Plan& plan, const Ports& ports, const std::string& directory,
                                           const Identity& identity) {
  FP_TRY_ASSIGN(const Secret certificate, read_whole(ports.disk, path_in(directory, kCertificateFile)));
  FP_TRY_ASSIGN(CertificateFacts facts, ports.keysmith.read_certificate(certificate.reveal()));
  const WallTime now = ports.clock.wall_now();
  if (facts.not_after < now) {
    return fail(
        ErrorKind::kIssuedCertificateExpired,
        "the identity's certificate expired at " + rfc3339(facts.not_after) + "; the local time is " + rfc3339(now),
        "make a new identity with --force; if the local time is wrong, set the clock");
  }
  FP_TRY_ASSIGN(const DeviceKey key, open_key(plan, ports, directory, identity));
  if (key.public_key_sha256 != facts.public_key_sha256) {
    return fail(ErrorKind::kDeviceKeyUnusable, "the device key does not belong to the identity's certificate",
                "name the right one with --key");
  }
  FP_TRY(ports.transport.speak_as({std::string(certificate.reveal()), key}));
  return facts;
}

Result<ConnectionFacts> prove_identity(const Plan& plan, const Ports& ports, Attempts& attempts,
                                       const std::string& directory, const Identity& identity, MqttVersion version,
                                       unsigned attempt) {
  PhaseMark mark(ports.observer, Phase::kVerify, attempt);
  auto loaded = speak_as_identity(plan, ports, directory, identity);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kVerify));
  const auto wanted = plan.verify_client_id ? plan.verify_client_id : identity.thing_name;
  if (wanted) FP_TRY(attempts.rest_client_id(*wanted));
  const ConnectRequest request =
      wanted ? attempts.request(*wanted, version, attempt) : attempts.claim_request(version, attempt);
  OpenSession session(ports.transport.connect(request));
  auto facts = (*session).established();
  if (!facts) return fail(told_of_identity(std::move(facts).error(), request.client_id));
  mark.ended();
  return facts;
}

Result<void> prove_in_place(const Plan& plan, const Ports& ports, Attempts& attempts, Outcome& outcome) {
  FP_TRY(attempts.spread_out());
  const auto once = [&](Retry& retry, unsigned attempt) -> Result<void> {
    ++outcome.attempts;
    FP_TRY_ASSIGN(outcome.connection, prove_identity(plan, ports, attempts, kIdentityDirectory, *outcome.identity,
                                                     retry.mqtt_version(), attempt));
    return {};
  };
  FP_TRY(attempts.until_done(once, [] { return Milestone::kInstalled; }));
  outcome.identity->verified_at = rfc3339(ports.clock.wall_now());
  return {};
}

}  // namespace fleet_provision
