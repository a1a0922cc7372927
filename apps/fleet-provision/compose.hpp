// The real adapters, built for a request and handed to the workflow.
#pragma once

#include "adapters/interrupt.hpp"
#include "plan_from_options.hpp"
#include "ports/observer.hpp"
#include "workflow/provision.hpp"

namespace fleet_provision {

/// Runs the request. `request.connection` is given away.
[[nodiscard]] Outcome run(Request request, const Interrupt& interrupt, Observer& observer);

}  // namespace fleet_provision
