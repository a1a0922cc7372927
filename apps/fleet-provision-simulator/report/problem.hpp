// What an event that went wrong means to its reader: what happened, and what to do.
#pragma once

#include <optional>
#include <string>

#include "report/event.hpp"
#include "report/history.hpp"

namespace fleet_provision::simulator {

/// Whether a policy, and not a fault or a limit, denied it. `reason` is that of the event.
[[nodiscard]] bool is_policy_reason(std::string_view reason);

/// A CONNECT, SUBSCRIBE or PUBLISH that was not allowed; nothing when it was. `connection` says whose policy it is.
[[nodiscard]] std::optional<Problem> denial_problem(const Event& event, const Connection& connection);
/// A response that was rejected, lost or spoiled by a fault.
[[nodiscard]] std::optional<Problem> answer_problem(const Event& event, const Connection& connection);
[[nodiscard]] std::optional<Problem> hook_problem(const Event& event);
/// A connection that ended otherwise than by the client's will or because of a denial.
[[nodiscard]] std::optional<Problem> disconnect_problem(const Event& event);

}  // namespace fleet_provision::simulator
