// MQTT control packets as values, for the log and for the interpretation of refusals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision {

/// The largest payload the service sends (AWS IoT message broker limits), and the largest packet that may hold it.
inline constexpr std::size_t kMqttPayloadBytesMax = 128 * 1024;
inline constexpr std::size_t kMqttPacketBytesMax = kMqttPayloadBytesMax + 16 * 1024;

/// Control packet types by their number in the fixed header (MQTT 5.0 section 2.1.2).
enum class MqttPacketType : unsigned char {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kSuback = 9,
  kUnsubscribe = 10,
  kUnsuback = 11,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
  kAuth = 15,
};

/// `CONNECT`, `SUBACK`, …
[[nodiscard]] std::string_view word(MqttPacketType type);

/// The content of one packet without its payload. Text is as received and not yet printable.
struct MqttPacket {
  MqttPacketType type = MqttPacketType::kConnect;
  bool inbound = false;
  /// Whole packet in bytes, the fixed header included.
  std::size_t size = 0;
  std::uint16_t packet_id = 0;
  /// The topic of a PUBLISH; for a PUBACK that of its PUBLISH.
  std::string topic;
  /// The filters of a SUBSCRIBE; for a SUBACK those of its SUBSCRIBE, one for each code.
  std::vector<std::string> filters;
  /// Return or reason codes: one of CONNACK, PUBACK and DISCONNECT, one for each filter of SUBACK.
  std::vector<std::uint8_t> codes;
  /// MQTT 5 reason string (property 31); empty if absent.
  std::string reason;
  /// No request of this client expects the packet, so it is not passed to Paho.
  bool unexpected = false;
};

/// `> SUBSCRIBE 214 bytes, id 1, filter, filter` and `< SUBACK 9 bytes, id 1, codes 1 1 1 1`.
[[nodiscard]] std::string describe(const MqttPacket& packet);

}  // namespace fleet_provision
