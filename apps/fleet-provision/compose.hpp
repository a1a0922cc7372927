// The real adapters, built for a request and handed to the workflow.
#pragma once

#include "adapters/system/interrupt.hpp"
#include "config/plan_from_options.hpp"
#include "ports/observer.hpp"
#include "workflow/commands/provision.hpp"
#include "workflow/commands/status.hpp"

namespace fleet_provision {

/// Runs the request of a command (kProvision, kCheck, kVerify, kRotate). The program of --on-success inherits
/// `environment`.
[[nodiscard]] Outcome run(Command command, Request request, const Environment& environment, const Interrupt& interrupt,
                          Observer& observer);

/// Reads a state directory; offline, changes nothing.
[[nodiscard]] Result<State> read_state(const std::string& state_dir, Observer& observer);

/// `path` as an absolute path.
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace fleet_provision
