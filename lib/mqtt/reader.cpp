#include "mqtt/reader.hpp"

namespace fleet_provision {

MqttProperties read_mqtt_properties(MqttReader& packet) {
  MqttProperties found;
  MqttReader list(packet.take(packet.variable_integer()));
  while (packet.good() && list.good() && !list.at_end()) {
    switch (const std::size_t id = list.variable_integer(); id) {
      case 1:
      case 23:
      case 25:
      case 37:
      case 40:
      case 41:
      case 42: list.byte(); break;
      case 36: found.maximum_qos = list.byte(); break;
      case 19:
      case 34: list.two_bytes(); break;
      case 33: found.receive_maximum = list.two_bytes(); break;
      case 35: list.two_bytes(), found.topic_alias = true; break;
      case 2:
      case 17:
      case 24: list.take(4); break;
      case 39: {
        const std::uint32_t high = list.two_bytes();
        found.maximum_packet_size = (high << 16) | list.two_bytes();
        break;
      }
      case 11: list.variable_integer(); break;
      case 9:
      case 22: list.take(list.two_bytes()); break;
      case 3:
      case 8:
      case 18:
      case 21:
      case 26:
      case 28: list.text(); break;
      case 31: found.reason = std::string(list.text()); break;
      case 38: list.text(), list.text(); break;
      default: list.spoil(); break;
    }
  }
  if (!list.good()) packet.spoil();
  return found;
}

}  // namespace fleet_provision
