// Converts return and reason codes of a broker to errors: the cause, and the policy statement to check.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/claim_policy.hpp"
#include "core/error.hpp"
#include "core/plan.hpp"
#include "core/principal.hpp"
#include "mqtt/packet.hpp"

namespace fleet_provision {

/// The client's step when a packet arrived, for refusals that do not name it.
struct MqttStep {
  std::string client_id;
  /// kMqtt until the CONNACK, kSubscribe until the SUBACK, then kCreate or kRegister, depending on the topic.
  Phase phase = Phase::kMqtt;
  /// Filters of the last SUBSCRIBE, topic of the last PUBLISH.
  std::vector<std::string> filters;
  std::string topic;
  /// Whose policy allows or denies it.
  Principal principal = Principal::kClaim;
  /// The scope of the resources in that policy.
  PolicyScope scope = {};
};

/// The error that an inbound CONNACK, SUBACK, PUBACK or DISCONNECT means; nothing if it grants the request. CONNACK:
/// MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 3.2.2.2; the others by MQTT 5 section 2.4.
[[nodiscard]] std::optional<Error> refusal(const MqttPacket& packet, MqttVersion version, const MqttStep& step);

/// `not authorized` for 135; the CONNACK of 3.1.1 has its own names.
[[nodiscard]] std::string_view reason_name(MqttPacketType type, MqttVersion version, std::uint8_t code);

/// The hint for a denied step, with the missing policy statement.
[[nodiscard]] std::string policy_hint(const MqttStep& step);

}  // namespace fleet_provision
