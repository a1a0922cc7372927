// Connects with the issued identity to prove that it works.
#pragma once

#include <string>

#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// The facts of the certificate in `directory`.
[[nodiscard]] Result<CertificateFacts> read_own_certificate(const Ports& ports, const std::string& directory);

/// Makes further connections use the identity whose files are in `directory`. kIssuedCertificateExpired,
/// kDeviceKeyUnusable, and kUsage when its key is external and no option names it.
[[nodiscard]] Result<void> connect_as_identity(const Plan& plan, const Ports& ports, const std::string& directory,
                                               const Identity& identity);

/// Makes one connection with the identity whose files are in `directory`, and closes it once the server has accepted
/// it. The client id is `plan.verify_client_id`, else the thing's name. A refusal is kIdentityRefused.
[[nodiscard]] Result<ConnectionFacts> prove_identity(RunContext& context, const std::string& directory,
                                                     const Identity& identity, MqttVersion version, unsigned attempt);

/// Proves the installed identity `outcome.identity`, with further attempts after failures; sets its `verified_at`,
/// which the caller stores.
[[nodiscard]] Result<void> prove_installed_identity(RunContext& context);

}  // namespace fleet_provision
