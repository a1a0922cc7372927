// The identity that the response of RegisterThing completes.
#pragma once

#include "aws/messages.hpp"
#include "core/milestones.hpp"
#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// What becomes identity.json. kMalformedAnswer when the service names no valid thing; kOtherIdentity when a rotation
/// got another thing than the one that it was asked for.
[[nodiscard]] Result<Identity> make_identity(const RunContext& context, const Requester& requester,
                                             const Certified& certified, RegisterThingAnswer answer);

}  // namespace fleet_provision
