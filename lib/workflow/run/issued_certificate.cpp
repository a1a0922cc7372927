#include "workflow/run/issued_certificate.hpp"

#include "core/text.hpp"

namespace fleet_provision {

Result<CertificateFacts> prove_issued(CreateCertificateAnswer& answer, const std::string& public_key_sha256,
                                      Keysmith& keysmith, Clock& clock, Observer& observer) {
  auto read = keysmith.read_certificate(answer.certificate_pem);
  if (!read) return fail(std::move(read).error().in(Phase::kCreate));
  const CertificateFacts& facts = *read;
  if (facts.public_key_sha256 != public_key_sha256) {
    return fail(ErrorKind::kCertificateKeyMismatch, "the issued certificate does not match this gateway's key",
                "rerun; if it happens again, check for a proxy that changes MQTT messages")
        .in(Phase::kCreate);
  }
  const WallTime now = clock.wall_now();
  if (facts.not_after <= now) {
    return fail(ErrorKind::kIssuedCertificateExpired,
                "the issued certificate expired at " + rfc3339(facts.not_after) + "; the local time is " + rfc3339(now),
                "set the clock of this gateway")
        .in(Phase::kCreate);
  }
  if (facts.not_before > now) {
    observer.warned("the issued certificate is valid from " + rfc3339(facts.not_before) + "; the local time is " +
                    rfc3339(now));
  }
  if (answer.certificate_id != facts.fingerprint) {
    observer.warned("the service names the certificate " + printable(answer.certificate_id, 200) +
                    ", but its fingerprint is " + facts.fingerprint);
  }
  answer.certificate_pem = facts.pem;
  return facts;
}

}  // namespace fleet_provision
