// The command `rotate`: replaces the key and certificate of a gateway, connecting with its current identity.
#pragma once

#include "workflow/commands/provision.hpp"

namespace fleet_provision {

/// The command `rotate`: CreateCertificateFromCsr or CreateKeysAndCertificate and then RegisterThing, as the current
/// identity instead of a claim, with the client ID of `plan.verify_client_id`, else the thing's name. The new identity
/// has connected before it replaces the current one, which becomes `previous/` and is not changed before. It belongs to
/// the request that the first identity was made for, also where `plan.template_name` is a template made for rotation,
/// and must be of the same thing.
///
/// kRotated; kNotProvisioned where there is none, kOtherIdentity for another request or when the service names another
/// thing, and what `provision` may fail with. The next rotation resumes an unfinished one. The service keeps
/// the certificate that was replaced attached and active.
[[nodiscard]] Outcome rotate(const Plan& plan, const Ports& ports);

}  // namespace fleet_provision
