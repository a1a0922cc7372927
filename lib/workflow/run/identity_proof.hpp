// Connecting as the issued identity: the proof that what was provisioned works.
#pragma once

#include <string>

#include "workflow/run/attempts.hpp"

namespace fleet_provision {

/// What the certificate of the identity in `directory` says.
[[nodiscard]] Result<CertificateFacts> read_own_certificate(const Ports& ports, const std::string& directory);

/// The next connections are made as the identity whose files are in `directory`; gives what its certificate says.
/// kIssuedCertificateExpired, kDeviceKeyUnusable, and kUsage when nobody says where its key is.
[[nodiscard]] Result<CertificateFacts> speak_as_identity(const Plan& plan, const Ports& ports,
                                                         const std::string& directory, const Identity& identity);

/// One connection as the identity whose files are in `directory`, closed again once the server has accepted it. The
/// client id is `plan.verify_client_id`, else the thing's name. A refusal is kIdentityRefused.
[[nodiscard]] Result<ConnectionFacts> prove_identity(const Plan& plan, const Ports& ports, Attempts& attempts,
                                                     const std::string& directory, const Identity& identity,
                                                     MqttVersion version, unsigned attempt);

/// Proves the identity in its place, with as many attempts as it takes; sets `verified_at`, which is not stored yet.
[[nodiscard]] Result<void> prove_in_place(const Plan& plan, const Ports& ports, Attempts& attempts, Outcome& outcome);

}  // namespace fleet_provision
