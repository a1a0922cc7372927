// What the service's error documents mean for the person in front of the gateway (docs/service.md, "Denials and
// rejections").
#pragma once

#include <string>

#include "aws/messages.hpp"
#include "core/error.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// What to do about `words`, an answer to `operation` that classify() calls `kind`. It names parameters, and a
/// value only where `words` do so.
[[nodiscard]] std::string rejection_hint(Operation operation, ErrorKind kind, const ServiceError& words,
                                         const Plan& plan);

}  // namespace fleet_provision
