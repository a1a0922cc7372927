// What the return and reason codes of a broker mean: the cause, and the policy statement to check.
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

/// What this client was doing when a packet arrived, for refusals that do not name it.
struct MqttStep {
  std::string client_id;
  /// kMqtt until the CONNACK, kSubscribe until the SUBACK, then kCreate or kRegister, told apart by the topic.
  Phase phase = Phase::kMqtt;
  /// Filters of the last SUBSCRIBE, topic of the last PUBLISH.
  std::vector<std::string> filters;
  std::string topic;
  /// Whose policy allows or denies it.
  Principal principal = Principal::kClaim;
  /// Where the resources of that policy are.
  PolicyScope scope = {};
};

/// The error that an inbound CONNACK, SUBACK, PUBACK or DISCONNECT means; nothing when it grants the request.
/// CONNACK: MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 3.2.2.2; the others by MQTT 5 section 2.4.
[[nodiscard]] std::optional<Error> refusal(const MqttPacket& packet, MqttVersion version, const MqttStep& step);

/// `not authorized` for 135; the CONNACK of 3.1.1 has names of its own.
[[nodiscard]] std::string_view reason_name(MqttPacketType type, MqttVersion version, std::uint8_t code);

/// What to do about a denied step, with the statement in the words of an AWS IoT policy.
[[nodiscard]] std::string policy_hint(const MqttStep& step);

}  // namespace fleet_provision
