#include "mqtt/properties.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace fleet_provision {
namespace {

/// The data types of MQTT 5.0 section 1.5.
enum class Type : unsigned char { kByte, kTwoBytes, kFourBytes, kVariableInteger, kBinary, kText, kTextPair };

enum class Id : unsigned char {
  kReasonString = 31,
  kReceiveMaximum = 33,
  kTopicAlias = 35,
  kMaximumQos = 36,
  kMaximumPacketSize = 39,
};

struct Property {
  Id id;
  Type type;
};

/// Table 2-4 of section 2.2.2.2.
constexpr Property kProperties[] = {
    {Id{1}, Type::kByte},                        // Payload Format Indicator
    {Id{2}, Type::kFourBytes},                   // Message Expiry Interval
    {Id{3}, Type::kText},                        // Content Type
    {Id{8}, Type::kText},                        // Response Topic
    {Id{9}, Type::kBinary},                      // Correlation Data
    {Id{11}, Type::kVariableInteger},            // Subscription Identifier
    {Id{17}, Type::kFourBytes},                  // Session Expiry Interval
    {Id{18}, Type::kText},                       // Assigned Client Identifier
    {Id{19}, Type::kTwoBytes},                   // Server Keep Alive
    {Id{21}, Type::kText},                       // Authentication Method
    {Id{22}, Type::kBinary},                     // Authentication Data
    {Id{23}, Type::kByte},                       // Request Problem Information
    {Id{24}, Type::kFourBytes},                  // Will Delay Interval
    {Id{25}, Type::kByte},                       // Request Response Information
    {Id{26}, Type::kText},                       // Response Information
    {Id{28}, Type::kText},                       // Server Reference
    {Id::kReasonString, Type::kText},            // 31
    {Id::kReceiveMaximum, Type::kTwoBytes},      // 33
    {Id{34}, Type::kTwoBytes},                   // Topic Alias Maximum
    {Id::kTopicAlias, Type::kTwoBytes},          // 35
    {Id::kMaximumQos, Type::kByte},              // 36
    {Id{37}, Type::kByte},                       // Retain Available
    {Id{38}, Type::kTextPair},                   // User Property
    {Id::kMaximumPacketSize, Type::kFourBytes},  // 39
    {Id{40}, Type::kByte},                       // Wildcard Subscription Available
    {Id{41}, Type::kByte},                       // Subscription Identifier Available
    {Id{42}, Type::kByte},                       // Shared Subscription Available
};

/// A number or a text, by the type; the second text of a pair is discarded.
struct Value {
  std::uint32_t number = 0;
  std::string_view text;
};

std::uint32_t four_bytes(MqttReader& list) {
  const std::uint32_t high = list.two_bytes();
  return (high << 16) | list.two_bytes();
}

Value read_value(MqttReader& list, Type type) {
  Value value;
  switch (type) {
    case Type::kByte: value.number = list.byte(); break;
    case Type::kTwoBytes: value.number = list.two_bytes(); break;
    case Type::kFourBytes: value.number = four_bytes(list); break;
    case Type::kVariableInteger: value.number = static_cast<std::uint32_t>(list.variable_integer()); break;
    case Type::kBinary: value.text = list.take(list.two_bytes()); break;
    case Type::kText: value.text = list.text(); break;
    case Type::kTextPair:
      value.text = list.text();
      list.text();
      break;
  }
  return value;
}

void keep(Id id, const Value& value, MqttProperties& found) {
  if (id == Id::kReasonString) found.reason = std::string(value.text);
  if (id == Id::kReceiveMaximum) found.receive_maximum = static_cast<std::uint16_t>(value.number);
  if (id == Id::kTopicAlias) found.topic_alias = true;
  if (id == Id::kMaximumQos) found.maximum_qos = static_cast<std::uint8_t>(value.number);
  if (id == Id::kMaximumPacketSize) found.maximum_packet_size = value.number;
}

}  // namespace

MqttProperties read_mqtt_properties(MqttReader& packet) {
  MqttProperties found;
  MqttReader list(packet.take(packet.variable_integer()));
  while (packet.good() && list.good() && !list.at_end()) {
    const std::size_t id = list.variable_integer();
    const auto* property = std::find_if(std::begin(kProperties), std::end(kProperties),
                                        [id](const Property& each) { return static_cast<std::size_t>(each.id) == id; });
    if (property == std::end(kProperties)) {
      list.spoil();
      break;
    }
    keep(property->id, read_value(list, property->type), found);
  }
  if (!list.good()) packet.spoil();
  return found;
}

}  // namespace fleet_provision
