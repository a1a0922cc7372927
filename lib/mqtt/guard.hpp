// Stands between the server and the MQTT library, and lets only whole, well-formed packets through.
//
// The library that speaks MQTT for us believes its peer: a SUBACK with one code for four filters crashes it, a packet
// that declares 200 MB is given 200 MB. So every inbound packet is framed and judged here before the library sees it
// (MQTT 3.1.1 and MQTT 5, OASIS standards, sections 2 and 3), against what went out before: the version in CONNECT,
// the packet ids and filters of SUBSCRIBE, the ids and topics of PUBLISH. What was seen is told as values, so that no
// verdict depends on the library's words. What nothing asked for (PUBLISH on a topic that was not granted or before any
// request, PUBACK, PINGRESP) is counted and kept from the library; beyond a small number it ends the connection, and so
// do too many answers to one request. No I/O, no clock; memory is two buffers of at most kMqttPacketBytesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The largest payload the service sends (AWS IoT message broker limits), and the largest packet that may hold it.
inline constexpr std::size_t kMqttPayloadBytesMax = 128 * 1024;
inline constexpr std::size_t kMqttPacketBytesMax = kMqttPayloadBytesMax + 16 * 1024;

/// Packets that nothing asked for, in one connection: old answers that the broker held back, and no more.
inline constexpr std::size_t kUnexpectedPacketsMax = 16;
/// Answers to one request: each may come twice (QoS 1), and behind several that say "still at work".
inline constexpr std::size_t kAnswersMax = 16;
inline constexpr std::size_t kAnswerBytesMax = 4 * kMqttPacketBytesMax;

/// Control packet types by their number on the wire (MQTT 5 section 2.1.2).
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

/// One packet as seen on its way, without its payload. Text is as it came: not yet printable.
struct MqttPacket {
  MqttPacketType type = MqttPacketType::kConnect;
  bool inbound = false;
  /// Whole packet in bytes, the fixed header included.
  std::size_t size = 0;
  std::uint16_t packet_id = 0;
  /// Of a PUBLISH; for a PUBACK that of the PUBLISH it answers.
  std::string topic;
  /// Of a SUBSCRIBE; for a SUBACK those of the SUBSCRIBE it answers, one for each code.
  std::vector<std::string> filters;
  /// Return or reason codes: one of CONNACK, PUBACK and DISCONNECT, one for each filter of SUBACK.
  std::vector<std::uint8_t> codes;
  /// MQTT 5 reason string (property 31), when there was one.
  std::string reason;
  /// Nothing asked for it; the library does not see it.
  bool unexpected = false;
};

/// `> SUBSCRIBE 214 bytes, id 1: filter, filter` and `< SUBACK 9 bytes, id 1, codes 1 1 1 1`.
[[nodiscard]] std::string describe(const MqttPacket& packet);

class MqttReader;

/// Collects bytes into packets; one direction of one connection. Its buffer is wiped behind each packet.
class MqttFramer {
 public:
  MqttFramer();
  MqttFramer(const MqttFramer&) = delete;
  MqttFramer& operator=(const MqttFramer&) = delete;
  ~MqttFramer();

  /// Takes bytes off the front of `bytes`; a whole packet when one became complete, valid until the next call.
  /// kMalformedAnswer for a length that is not one or is over kMqttPacketBytesMax, as soon as it was declared.
  [[nodiscard]] Result<std::optional<std::string_view>> next(std::string_view& bytes);
  /// Whether the next byte begins a packet.
  [[nodiscard]] bool between_packets() const { return complete_ || size_ == 0; }

 private:
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  /// 0 until the fixed header is whole.
  std::size_t packet_size_ = 0;
  bool complete_ = false;
};

class MqttGuard {
 public:
  /// Notes what our side sends; bytes that are not MQTT are kInternal.
  [[nodiscard]] Result<void> outbound(std::string_view bytes, std::vector<MqttPacket>& seen);
  /// Judges what the server sends. Whole packets that may go on are appended to `approved`, and each whole packet to
  /// `seen`. After an error (kMalformedAnswer, kConnectionRejected) the connection is only good for closing. At most
  /// kMqttPacketBytesMax bytes more than `bytes` holds are appended.
  [[nodiscard]] Result<void> inbound(std::string_view bytes, std::vector<char>& approved,
                                     std::vector<MqttPacket>& seen);

  /// The version that our CONNECT named.
  [[nodiscard]] MqttVersion version() const { return version_; }

 private:
  [[nodiscard]] Result<MqttPacket> read_outbound(std::string_view packet);
  [[nodiscard]] Result<MqttPacket> judge_inbound(std::string_view packet);
  [[nodiscard]] Result<void> take_connack(MqttReader& reader, MqttPacket& seen);
  [[nodiscard]] bool was_asked_for(const MqttPacket& packet);
  /// Marks a packet that was not asked for, and ends with kMalformedAnswer where there are too many.
  [[nodiscard]] Result<void> count(MqttPacket& packet);

  MqttFramer from_us_;
  MqttFramer from_server_;
  MqttVersion version_ = MqttVersion::k5;
  bool connect_sent_ = false;
  bool connack_seen_ = false;
  bool disconnect_seen_ = false;
  std::size_t server_packet_bytes_max_ = kMqttPacketBytesMax;
  /// Filters of a SUBACK that granted them; the service's topics hold no wildcard.
  std::set<std::string> granted_;
  /// We have sent a PUBLISH.
  bool requested_ = false;
  std::size_t pings_ = 0;
  std::size_t unexpected_ = 0;
  /// Since our last PUBLISH.
  std::size_t answers_ = 0;
  std::size_t answer_bytes_ = 0;
  /// By packet id: asked and not yet answered.
  std::map<std::uint16_t, std::vector<std::string>> subscriptions_;
  std::map<std::uint16_t, std::string> publications_;
};

}  // namespace fleet_provision
