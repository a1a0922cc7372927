// A program that stands for the pre-provisioning hook: the event as JSON on its stdin, the answer as JSON on its
// stdout.
//
// As with the service, whatever is not a clear yes within five seconds is a no: another exit code
// than 0, no JSON, no `allowProvisioning`. The broker goes on meanwhile: nothing here waits.
#pragma once

#include <memory>
#include <string>

#include "service/hook.hpp"

namespace fleet_provision::simulator {

[[nodiscard]] std::unique_ptr<Hook> run_as_hook(std::string program);

/// The event as the service would send it, and what an answer says. For the tests.
[[nodiscard]] std::string hook_event_json(const HookEvent& event);
[[nodiscard]] HookAnswer parse_hook_answer(std::uint64_t question, const std::string& output);

}  // namespace fleet_provision::simulator
