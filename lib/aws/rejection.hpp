// Hints for the service's error documents (docs/service.md, "Denials and rejections").
#pragma once

#include <string>

#include "aws/messages.hpp"
#include "core/error.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// The hint for `words`, a response to `operation` that classify() calls `kind`. It names parameters, and a value only
/// if `words` contain it.
[[nodiscard]] std::string rejection_hint(Operation operation, ErrorKind kind, const ServiceError& words,
                                         const Plan& plan);

}  // namespace fleet_provision
