// Checks that an issued certificate can be used.
#pragma once

#include <string>

#include "aws/messages.hpp"
#include "ports/clock.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// The certificate of a response, if it parses, belongs to the key with that fingerprint and has not expired:
/// kIssuedCertificateUnusable, kCertificateKeyMismatch, kIssuedCertificateExpired. A notBefore in the future and a
/// certificateId that is not the fingerprint are warnings. Replaces the PEM in `answer` by the certificate encoded
/// again, without any text around it.
[[nodiscard]] Result<CertificateFacts> prove_issued(CreateCertificateAnswer& answer,
                                                    const std::string& public_key_sha256, Keysmith& keysmith,
                                                    Clock& clock, Observer& observer);

}  // namespace fleet_provision
