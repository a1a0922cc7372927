// How packets stand in the log.
#include "mqtt/packet.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

MqttPacket packet(MqttPacketType type, bool inbound, std::size_t size) {
  MqttPacket made;
  made.type = type;
  made.inbound = inbound;
  made.size = size;
  return made;
}

}  // namespace

TEST_CASE("each control packet has its name in MQTT") {
  const std::vector<std::string> names = {"CONNECT",  "CONNACK", "PUBLISH",   "PUBACK",     "PUBREC",
                                          "PUBREL",   "PUBCOMP", "SUBSCRIBE", "SUBACK",     "UNSUBSCRIBE",
                                          "UNSUBACK", "PINGREQ", "PINGRESP",  "DISCONNECT", "AUTH"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(word(static_cast<MqttPacketType>(i + 1)) == names[i]);
  }
}

TEST_CASE("a packet is one line with what it says") {
  CHECK(describe(packet(MqttPacketType::kConnect, false, 40)) == "> CONNECT 40 bytes");

  MqttPacket subscribe = packet(MqttPacketType::kSubscribe, false, 214);
  subscribe.packet_id = 1;
  subscribe.filters = {"a/accepted", "b\n/rejected"};
  CHECK(describe(subscribe) == "> SUBSCRIBE 214 bytes, id 1, a/accepted, b\\x0a/rejected");

  MqttPacket suback = packet(MqttPacketType::kSuback, true, 9);
  suback.packet_id = 1;
  suback.filters = subscribe.filters;
  suback.codes = {1, 135};
  CHECK(describe(suback) == "< SUBACK 9 bytes, id 1, codes 1 135");

  MqttPacket publish = packet(MqttPacketType::kPublish, true, 100);
  publish.topic = "a/accepted";
  CHECK(describe(publish) == "< PUBLISH 100 bytes, a/accepted");

  MqttPacket disconnect = packet(MqttPacketType::kDisconnect, true, 20);
  disconnect.codes = {142};
  disconnect.reason = "SESSION_TAKEN_OVER";
  CHECK(describe(disconnect) == "< DISCONNECT 20 bytes, code 142, SESSION_TAKEN_OVER");
}
