// The identity that the response of RegisterThing completes.
#pragma once

#include "aws/messages.hpp"
#include "core/milestones.hpp"
#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// The content of identity.json. kMalformedAnswer if the response holds an invalid thing name; kOtherIdentity if
/// a rotation registers another thing or none.
[[nodiscard]] Result<Identity> make_identity(const RunContext& context, const Requester& requester,
                                             const Certified& certified, RegisterThingAnswer answer);

}  // namespace fleet_provision
