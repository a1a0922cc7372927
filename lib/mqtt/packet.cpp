#include "mqtt/packet.hpp"

#include "core/text.hpp"

namespace fleet_provision {

std::string_view word(MqttPacketType type) {
  using enum MqttPacketType;
  switch (type) {
    case kConnect: return "CONNECT";
    case kConnack: return "CONNACK";
    case kPublish: return "PUBLISH";
    case kPuback: return "PUBACK";
    case kPubrec: return "PUBREC";
    case kPubrel: return "PUBREL";
    case kPubcomp: return "PUBCOMP";
    case kSubscribe: return "SUBSCRIBE";
    case kSuback: return "SUBACK";
    case kUnsubscribe: return "UNSUBSCRIBE";
    case kUnsuback: return "UNSUBACK";
    case kPingreq: return "PINGREQ";
    case kPingresp: return "PINGRESP";
    case kDisconnect: return "DISCONNECT";
    case kAuth: return "AUTH";
  }
  return "packet";
}

std::string describe(const MqttPacket& packet) {
  std::string text =
      (packet.inbound ? "< " : "> ") + std::string(word(packet.type)) + " " + std::to_string(packet.size) + " bytes";
  if (packet.packet_id != 0) text += ", id " + std::to_string(packet.packet_id);
  if (!packet.topic.empty()) text += ", " + printable(packet.topic);
  if (packet.type == MqttPacketType::kSubscribe) {
    for (const std::string& each : packet.filters) text += ", " + printable(each);
  }
  if (!packet.codes.empty()) text += packet.codes.size() == 1 ? ", code" : ", codes";
  for (const std::uint8_t each : packet.codes) text += " " + std::to_string(each);
  if (!packet.reason.empty()) text += ", " + printable(packet.reason);
  return text;
}

}  // namespace fleet_provision
