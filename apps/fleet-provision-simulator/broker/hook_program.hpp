// The pre-provisioning hook as a program: it gets the event as JSON on stdin and writes its response as JSON to stdout.
//
// As with the service, only an explicit `allowProvisioning` within five seconds allows. An exit code other than 0,
// output that is not JSON, and a timeout deny. Nothing here waits, so the broker serves other clients meanwhile.
#pragma once

#include <memory>
#include <string>

#include "service/hook.hpp"

namespace fleet_provision::simulator {

/// Runs `program`, an absolute path, once for each question.
[[nodiscard]] std::unique_ptr<Hook> run_as_hook(std::string program);

/// The event as the service sends it to its hook.
[[nodiscard]] std::string hook_event_json(const HookEvent& event);
/// What the program's output means. `allowed` is false and `reason` is set for all that does not allow.
[[nodiscard]] HookResponse parse_hook_response(std::uint64_t question, const std::string& output);

}  // namespace fleet_provision::simulator
