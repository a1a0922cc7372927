// The proof that an issued certificate can be used.
#pragma once

#include <string>

#include "aws/messages.hpp"
#include "ports/clock.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// The certificate of an answer, if it parses, belongs to the key of that fingerprint and has not expired:
/// kIssuedCertificateUnusable, kCertificateKeyMismatch, kIssuedCertificateExpired. A start ahead of the clock and a
/// certificateId that is not its fingerprint are warnings. What is kept in `answer` is the certificate encoded anew,
/// without the text that may stand around it.
[[nodiscard]] Result<CertificateFacts> prove_issued(CreateCertificateAnswer& answer,
                                                    const std::string& public_key_sha256, Keysmith& keysmith,
                                                    Clock& clock, Observer& observer);

}  // namespace fleet_provision
