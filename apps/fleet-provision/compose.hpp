// The real adapters, built for a request and handed to the workflow.
#pragma once

#include "adapters/interrupt.hpp"
#include "plan_from_options.hpp"
#include "ports/observer.hpp"
#include "workflow/provision.hpp"
#include "workflow/status.hpp"

namespace fleet_provision {

/// Runs the request of a command (kProvision, kCheck, kVerify, kRotate). `environment` is what the program of
/// --on-success gets.
[[nodiscard]] Outcome run(Command command, Request request, const Environment& environment, const Interrupt& interrupt,
                          Observer& observer);

/// What a state directory holds; offline, changes nothing.
[[nodiscard]] Result<State> look_around(const std::string& state_dir, Observer& observer);

/// `path` as it stands from the root.
[[nodiscard]] std::string whole_path(const std::string& path);

}  // namespace fleet_provision
