// The names that policy documents use: actions, types of resources and variables (AWS IoT developer guide, "AWS IoT
// Core policy actions", "AWS IoT Core action resources" and "AWS IoT Core policy variables").
#pragma once

#include <array>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// An action that the simulator asks policies about.
struct JudgedAction {
  std::string_view name;
  /// How the path of a resource must begin, e.g. `client/`.
  std::string_view resource_type;
};
inline constexpr std::array<JudgedAction, 4> kJudgedActions{{{"iot:Connect", "client/"},
                                                             {"iot:Publish", "topic/"},
                                                             {"iot:Subscribe", "topicfilter/"},
                                                             {"iot:Receive", "topic/"}}};

/// Whether an action of a document, which may have wildcards, includes `action`.
[[nodiscard]] bool includes(std::string_view pattern, const JudgedAction& action);

/// What an action of a document is to the simulator.
enum class ActionUse : unsigned char {
  kJudged,
  /// An action for devices that the simulator does not offer, e.g. `iot:GetThingShadow`.
  kNotOffered,
  /// An action of the control plane, of another service, or of none.
  kMeaningless
};
/// kConfiguration for what is no action, or so similar to a judged one that it is a typing error.
[[nodiscard]] Result<ActionUse> use_of_action(std::string_view action, const std::string& place);

/// kConfiguration, with the nearest known name, for a variable that has no meaning here.
[[nodiscard]] Result<void> check_policy_variable(std::string_view name, const std::string& place);

}  // namespace fleet_provision::simulator
