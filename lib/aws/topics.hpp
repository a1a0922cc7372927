// The topics of the Fleet Provisioning MQTT API (service page "Device provisioning MQTT API").
#pragma once

#include <string>
#include <string_view>

#include "aws/messages.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// The request topic of one operation and its two response topics.
struct Topics {
  std::string request;
  std::string accepted;
  std::string rejected;
};

/// `template_name` matters to RegisterThing only.
[[nodiscard]] Topics topics_of(Operation operation, PayloadFormat format, std::string_view template_name);
[[nodiscard]] Operation create_operation(Method method);
/// The operation's name as the service's page writes it.
[[nodiscard]] std::string_view word(Operation operation);

}  // namespace fleet_provision
