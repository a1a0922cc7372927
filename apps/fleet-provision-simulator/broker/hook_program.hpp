// The pre-provisioning hook as a program: it gets the event as JSON on stdin and writes its response as JSON to stdout.
//
// As with the service, only an explicit `allowProvisioning` within five seconds allows. An exit code other than 0,
// output that is not one JSON object, an override that is not text, and a timeout deny. Nothing here waits, so the
// broker serves other clients meanwhile.
#pragma once

#include <memory>
#include <string>

#include "service/hook.hpp"

namespace fleet_provision::simulator {

/// Runs `program`, an absolute path, once for each question.
[[nodiscard]] std::unique_ptr<Hook> run_as_hook(std::string program);

/// The event as the service sends it to its hook.
[[nodiscard]] std::string hook_event_json(const HookEvent& event);

}  // namespace fleet_provision::simulator
