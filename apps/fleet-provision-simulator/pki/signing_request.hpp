// Certificate signing requests (PKCS#10) and the rules of the service for their keys.
#pragma once

#include <string_view>

#include "pki/x509.hpp"
#include "service/rejection.hpp"

namespace fleet_provision::simulator {

/// Reads the first CSR of a PEM text. Rejects a text without one, a wrong signature, and keys and digests that the
/// service does not accept (docs/service.md, "Limits"), with InvalidCertificateSigningRequest.
[[nodiscard]] Accepted<SigningRequest> read_signing_request(std::string_view pem);

}  // namespace fleet_provision::simulator
