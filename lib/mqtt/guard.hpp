// Checks the packets between the server and Paho, and forwards only whole, well-formed packets.
//
// Paho does not validate packets: a SUBACK with one code for four filters crashes it, and it allocates 200 MB for a
// packet that declares 200 MB. So the guard frames and checks each inbound packet before Paho receives it (MQTT 3.1.1
// and MQTT 5.0, OASIS standards, sections 2 and 3), against what Paho sent before: the version in CONNECT, the packet
// ids and filters of SUBSCRIBE, the ids and topics of PUBLISH. The caller gets the content of each packet as values, so
// that no decision depends on Paho's codes. A packet is unexpected when no request asked for it: a PUBLISH on a topic
// that was not granted or before the first request, a PUBACK, a PINGRESP. Unexpected packets are counted and not passed
// to Paho; more than a few end the connection, and so do too many responses to one request. No I/O and no clock. The
// memory used is two buffers of at most kMqttPacketBytesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/result.hpp"
#include "mqtt/framer.hpp"
#include "mqtt/packet.hpp"

namespace fleet_provision {

class MqttReader;

/// Unexpected packets in one connection: a broker may deliver a few old responses that it held back.
inline constexpr std::size_t kUnexpectedPacketsMax = 16;
/// Responses to one request: QoS 1 may deliver each twice, and the service may first report several times that it is
/// still processing the request.
inline constexpr std::size_t kAnswersMax = 16;
inline constexpr std::size_t kAnswerBytesMax = 4 * kMqttPacketBytesMax;

class MqttGuard {
 public:
  /// Records the packets that Paho sends, and appends each whole packet to `seen`. kInternal for bytes that are not
  /// MQTT, kConnectionRejected for a packet that is larger than the server accepts.
  [[nodiscard]] Result<void> outbound(std::string_view bytes, std::vector<MqttPacket>& seen);
  /// Checks the bytes of the server. Appends whole packets that Paho may receive to `approved`, and the content of each
  /// whole packet to `seen`. After an error (kMalformedAnswer, kConnectionRejected) the caller must close the
  /// connection. `approved` grows by at most the size of `bytes` and held_inbound().
  [[nodiscard]] Result<void> inbound(std::string_view bytes, std::vector<char>& approved,
                                     std::vector<MqttPacket>& seen);

  /// Bytes of an incomplete packet of the server.
  [[nodiscard]] std::size_t held_inbound() const { return from_server_.held(); }

  /// The version that the CONNECT named.
  [[nodiscard]] MqttVersion version() const { return version_; }

 private:
  // The packets that Paho sends, by type.
  [[nodiscard]] Result<MqttPacket> read_outbound(std::string_view packet);
  void note_connect(MqttReader& reader);
  void note_subscribe(MqttReader& reader, MqttPacket& seen);
  void note_publish(MqttReader& reader, unsigned flags, MqttPacket& seen);

  // The packets that the server sends, by type. Each function reads the whole body; after a malformed body `reader` is
  // not good.
  [[nodiscard]] Result<MqttPacket> judge_inbound(std::string_view packet);
  [[nodiscard]] Result<void> judge_order(const MqttPacket& seen, unsigned flags) const;
  [[nodiscard]] Result<void> judge_body(MqttReader& reader, unsigned flags, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_connack(MqttReader& reader, MqttPacket& seen);
  void judge_puback(MqttReader& reader, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_suback(MqttReader& reader, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_disconnect(MqttReader& reader, MqttPacket& seen);

  /// Whether a request of this client expects `packet`; the expectation is then fulfilled and does not match again.
  [[nodiscard]] bool was_asked_for(const MqttPacket& packet);
  /// Marks an unexpected packet; kMalformedAnswer after too many of them.
  [[nodiscard]] Result<void> count(MqttPacket& packet);

  MqttFramer from_library_;
  MqttFramer from_server_;
  MqttVersion version_ = MqttVersion::k5;
  bool connect_sent_ = false;
  bool connack_seen_ = false;
  bool disconnect_seen_ = false;
  std::size_t server_packet_bytes_max_ = kMqttPacketBytesMax;
  /// The filters that a SUBACK granted. They are topics, since the service's hold no wildcard.
  std::set<std::string> granted_;
  /// A PUBLISH was sent.
  bool requested_ = false;
  /// PINGREQ packets without their PINGRESP.
  std::size_t pings_ = 0;
  std::size_t unexpected_ = 0;
  /// Since the last PUBLISH that was sent.
  std::size_t answers_ = 0;
  std::size_t answer_bytes_ = 0;
  /// Filters of each SUBSCRIBE without its SUBACK, by packet id.
  std::map<std::uint16_t, std::vector<std::string>> subscriptions_;
  /// Topic of each PUBLISH without its PUBACK, by packet id.
  std::map<std::uint16_t, std::string> publications_;
};

}  // namespace fleet_provision
