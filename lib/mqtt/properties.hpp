// The property list of an MQTT 5 packet (MQTT 5.0 section 2.2.2), as far as this program needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mqtt/reader.hpp"

namespace fleet_provision {

/// The properties that this program uses. The form of all others is checked too.
struct MqttProperties {
  std::string reason;
  bool topic_alias = false;
  /// Of a CONNACK (section 3.2.2.3), as the server sent them.
  std::optional<std::uint16_t> receive_maximum;
  std::optional<std::uint8_t> maximum_qos;
  std::optional<std::uint32_t> maximum_packet_size;
};

/// Reads the property list at the current position of `packet`; if it is malformed, `packet` is no longer good. Which
/// packet may carry which property is not checked.
MqttProperties read_mqtt_properties(MqttReader& packet);

}  // namespace fleet_provision
