// Stands between the server and Paho, and lets only whole, well-formed packets through.
//
// Paho believes its peer: a SUBACK with one code for four filters crashes it, and a packet that declares 200 MB is
// given 200 MB. So each inbound packet is framed and judged here before Paho sees it (MQTT 3.1.1 and MQTT 5.0, OASIS
// standards, sections 2 and 3), against what Paho sent before: the version in CONNECT, the packet ids and filters of
// SUBSCRIBE, the ids and topics of PUBLISH. What each packet says is given to the caller as values, so that no verdict
// depends on Paho's codes.
// A packet is unexpected when no request asked for it: a PUBLISH on a topic that was not granted or before the first
// request, a PUBACK, a PINGRESP. Unexpected packets are counted and not passed to Paho; more than a few end the
// connection, and so do too many responses to one request.
// No I/O and no clock. The memory used is two buffers of at most kMqttPacketBytesMax.
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
/// Responses to one request: QoS 1 may deliver each twice, and the service may first say several times that it is still
/// at work.
inline constexpr std::size_t kAnswersMax = 16;
inline constexpr std::size_t kAnswerBytesMax = 4 * kMqttPacketBytesMax;

class MqttGuard {
 public:
  /// Notes what Paho sends, each whole packet appended to `seen`. kInternal for bytes that are not MQTT,
  /// kConnectionRejected for a packet that is larger than the server accepts.
  [[nodiscard]] Result<void> outbound(std::string_view bytes, std::vector<MqttPacket>& seen);
  /// Judges what the server sends. Whole packets that Paho may see are appended to `approved`, and what each whole
  /// packet says to `seen`. After an error (kMalformedAnswer, kConnectionRejected) the caller must close the
  /// connection. `approved` grows by at most the size of `bytes` and kMqttPacketBytesMax.
  [[nodiscard]] Result<void> inbound(std::string_view bytes, std::vector<char>& approved,
                                     std::vector<MqttPacket>& seen);

  /// The version that the CONNECT named.
  [[nodiscard]] MqttVersion version() const { return version_; }

 private:
  // What Paho sends, by packet type.
  [[nodiscard]] Result<MqttPacket> read_outbound(std::string_view packet);
  void note_connect(MqttReader& reader);
  void note_subscribe(MqttReader& reader, MqttPacket& seen);
  void note_publish(MqttReader& reader, unsigned flags, MqttPacket& seen);

  // What the server sends, by packet type. Each reads the whole body; a body that does not parse spoils `reader`.
  [[nodiscard]] Result<MqttPacket> judge_inbound(std::string_view packet);
  [[nodiscard]] Result<void> judge_order(const MqttPacket& seen, unsigned flags) const;
  [[nodiscard]] Result<void> judge_body(MqttReader& reader, unsigned flags, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_connack(MqttReader& reader, MqttPacket& seen);
  void judge_puback(MqttReader& reader, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_suback(MqttReader& reader, MqttPacket& seen);
  [[nodiscard]] Result<void> judge_disconnect(MqttReader& reader, MqttPacket& seen);

  /// Whether a request of ours asked for `packet`; it cannot be asked for a second time.
  [[nodiscard]] bool was_asked_for(const MqttPacket& packet);
  /// Marks an unexpected packet, and ends with kMalformedAnswer where there are too many.
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
