#include "workflow/run/issued_certificate.hpp"

#include "core/text.hpp"

namespace fleet_provision {

Result<CertificateFacts> prove_issued(CreateCertificateAnswer& answer, const std::string& public_key_sha256,
                                      Keysmith& keysmith, Clock& clock, Observer& observer) {
  auto read = keysmith.read_certificate(answer.certificate_pem);
  if (!read) return fail(std::move(read).error().in(Phase::kCreate));
  const CertificateFacts& facts = *read;
  const auto refuse = [](ErrorKind kind, std::string message, std::string hint) {
    Error error{kind, Phase::kCreate, std::move(message), std::move(hint), std::nullopt, std::nullopt};
    return fail(std::move(error));
  };
  if (facts.public_key_sha256 != public_key_sha256) {
    return refuse(ErrorKind::kCertificateKeyMismatch, "the issued certificate does not match this gateway's key",
                  "the response cannot be used; if it happens again, look for what changes responses between this "
                  "gateway and the service");
  }
  const WallTime now = clock.wall_now();
  if (facts.not_after <= now) {
    return refuse(
        ErrorKind::kIssuedCertificateExpired,
        "the issued certificate expired at " + rfc3339(facts.not_after) + "; the clock here says " + rfc3339(now),
        "check the clock of this machine");
  }
  if (facts.not_before > now) {
    observer.warned("the issued certificate is valid from " + rfc3339(facts.not_before) + "; the clock here says " +
                    rfc3339(now));
  }
  if (answer.certificate_id != facts.fingerprint) {
    observer.warned("the service calls the certificate " + printable(answer.certificate_id, 200) +
                    ", but its fingerprint is " + facts.fingerprint);
  }
  answer.certificate_pem = facts.pem;
  return facts;
}

}  // namespace fleet_provision
