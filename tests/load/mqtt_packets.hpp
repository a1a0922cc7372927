// MQTT 5 packets made and read by hand: just those of a provisioning, for a client that costs next to nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::load {

[[nodiscard]] std::string connect_packet(std::string_view client_id);
/// All filters with QoS 1.
[[nodiscard]] std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters);
/// With QoS 1.
[[nodiscard]] std::string publish_packet(std::uint16_t id, std::string_view topic, std::string_view payload);
[[nodiscard]] std::string puback_packet(std::uint16_t id);
[[nodiscard]] std::string disconnect_packet();

enum class PacketType : unsigned char { kConnack = 2, kPublish = 3, kPuback = 4, kSuback = 9, kDisconnect = 14 };

/// Views into the bytes it was found in.
struct Packet {
  unsigned type = 0;
  unsigned flags = 0;
  std::string_view body;
  /// Of header and body together.
  std::size_t size = 0;
};

/// The packet that begins the bytes; nothing while it is not whole.
[[nodiscard]] std::optional<Packet> first_packet(std::string_view bytes);

struct Message {
  std::string_view topic;
  std::string_view payload;
  /// 0 with QoS 0: there is nothing to acknowledge.
  std::uint16_t id = 0;
};

/// A PUBLISH; nothing when its lengths do not fit each other.
[[nodiscard]] std::optional<Message> message_in(const Packet& packet);
/// The reason code of a CONNACK or PUBACK; 255 when the packet is too short to have one. A PUBACK may leave out
/// success.
[[nodiscard]] unsigned reason_code(const Packet& packet);
/// The first reason code of a SUBACK that refuses; 0 when all are granted.
[[nodiscard]] unsigned refused_filter(const Packet& packet);

}  // namespace fleet_provision::load
