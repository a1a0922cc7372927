#include "mqtt/guard.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "mqtt/properties.hpp"
#include "mqtt/reader.hpp"

namespace fleet_provision {
namespace {

using enum MqttPacketType;

/// The first SUBACK code that says that a filter was not granted (MQTT 3.1.1 section 3.9.3, MQTT 5.0 section 3.9.3).
constexpr std::uint8_t kFailureCodesFrom = 0x80;

MqttPacketType type_of(std::string_view packet) {
  return static_cast<MqttPacketType>(static_cast<unsigned char>(packet[0]) >> 4);
}

unsigned flags_of(std::string_view packet) {
  return static_cast<unsigned char>(packet[0]) & 0x0F;
}

/// Before the CONNACK a server may only send that or, in MQTT 5, DISCONNECT.
bool may_come_first(char first_byte) {
  return first_byte == '\x20' || first_byte == '\xE0';
}

/// A reason code and properties at the end of a packet; MQTT 5 lets both be left out.
void read_reason(MqttReader& reader, MqttPacket& seen) {
  seen.codes.push_back(reader.at_end() ? std::uint8_t{0} : reader.byte());
  if (!reader.at_end()) seen.reason = read_mqtt_properties(reader).reason;
}

void require_end(MqttReader& reader) {
  if (!reader.at_end()) reader.spoil();
}

/// MQTT 5.0 section 3.3. The service does not use QoS 2 and topic aliases, and this client does not request them.
void read_publish(MqttReader& reader, unsigned flags, MqttVersion version, MqttPacket& seen) {
  const unsigned qos = (flags >> 1) & 3;
  seen.topic = std::string(reader.text());
  if (qos > 0) {
    seen.packet_id = reader.two_bytes();
    if (seen.packet_id == 0) reader.spoil();
  }
  if (version == MqttVersion::k5 && read_mqtt_properties(reader).topic_alias) reader.spoil();
  const bool wildcard = seen.topic.find_first_of("+#") != std::string::npos;
  if (qos > 1 || seen.topic.empty() || wildcard || reader.left() > kMqttPayloadBytesMax) reader.spoil();
}

/// MQTT 5.0 section 3.2, MQTT 3.1.1 section 3.2.
MqttProperties read_connack(MqttReader& reader, MqttVersion version, bool& session_present, MqttPacket& seen) {
  const std::uint8_t acknowledge_flags = reader.byte();
  session_present = acknowledge_flags == 1;
  if (acknowledge_flags > 1) reader.spoil();
  seen.codes.push_back(reader.byte());
  // A broker that does not support MQTT 5 responds in the form of 3.1.1, which has no properties.
  const bool older_form = seen.codes.front() != 0 && reader.at_end();
  MqttProperties properties;
  if (version == MqttVersion::k5 && !older_form) properties = read_mqtt_properties(reader);
  require_end(reader);
  return properties;
}

/// MQTT 5.0 section 3.9, MQTT 3.1.1 section 3.9.
void read_suback(MqttReader& reader, MqttVersion version, MqttPacket& seen) {
  seen.packet_id = reader.two_bytes();
  if (version == MqttVersion::k5) seen.reason = read_mqtt_properties(reader).reason;
  const std::string_view codes = reader.take(reader.left());
  for (const char code : codes) seen.codes.push_back(static_cast<std::uint8_t>(code));
  const auto impossible = [version](std::uint8_t code) {
    return code > 2 && (version == MqttVersion::k311 ? code != kFailureCodesFrom : code < kFailureCodesFrom);
  };
  if (std::any_of(seen.codes.begin(), seen.codes.end(), impossible)) reader.spoil();
}

}  // namespace

Result<void> MqttGuard::outbound(std::string_view bytes, std::vector<MqttPacket>& seen) {
  while (true) {
    auto packet = from_library_.next(bytes);
    if (!packet) return fail(ErrorKind::kInternal, "the MQTT library sent bytes that are not MQTT");
    if (!*packet) return {};
    FP_TRY_ASSIGN(MqttPacket facts, read_outbound(**packet));
    seen.push_back(std::move(facts));
  }
}

Result<MqttPacket> MqttGuard::read_outbound(std::string_view packet) {
  MqttPacket seen;
  seen.type = type_of(packet);
  seen.size = packet.size();
  MqttReader reader(body_of(packet));
  if (seen.type == kConnect) note_connect(reader);
  if (seen.type == kSubscribe) note_subscribe(reader, seen);
  if (seen.type == kPublish) note_publish(reader, flags_of(packet), seen);
  if (seen.type == kPuback) seen.packet_id = reader.two_bytes();
  if (seen.type == kPingreq) ++pings_;
  if (!reader.good()) return fail(ErrorKind::kInternal, "the MQTT library sent a packet that does not parse");
  if (seen.size > server_packet_bytes_max_) {
    return fail(ErrorKind::kConnectionRejected,
                "the server accepts packets of at most " + std::to_string(server_packet_bytes_max_) +
                    " bytes (Maximum Packet Size of its CONNACK), and our " + std::string(word(seen.type)) + " has " +
                    std::to_string(seen.size) + " bytes",
                "raise the packet limit of the broker to 128 KiB, the limit of AWS IoT");
  }
  return seen;
}

void MqttGuard::note_connect(MqttReader& reader) {
  reader.text();
  version_ = reader.byte() == 5 ? MqttVersion::k5 : MqttVersion::k311;
  connect_sent_ = true;
}

void MqttGuard::note_subscribe(MqttReader& reader, MqttPacket& seen) {
  seen.packet_id = reader.two_bytes();
  if (version_ == MqttVersion::k5) read_mqtt_properties(reader);
  while (reader.good() && !reader.at_end()) {
    seen.filters.emplace_back(reader.text());
    reader.byte();
  }
  subscriptions_[seen.packet_id] = seen.filters;
}

void MqttGuard::note_publish(MqttReader& reader, unsigned flags, MqttPacket& seen) {
  read_publish(reader, flags, version_, seen);
  if (seen.packet_id != 0) publications_[seen.packet_id] = seen.topic;
  requested_ = true;
  answers_ = answer_bytes_ = 0;
}

Result<void> MqttGuard::inbound(std::string_view bytes, std::vector<char>& approved, std::vector<MqttPacket>& seen) {
  while (true) {
    // Otherwise the framer would wait for a packet of the length that the second byte of foreign text declares.
    if (!connack_seen_ && from_server_.between_packets() && !bytes.empty() && !may_come_first(bytes.front())) {
      return malformed_packet("it does not speak MQTT, it said: " +
                              printable(bytes.substr(0, bytes.find_first_of("\r\n")), 80));
    }
    FP_TRY_ASSIGN(const std::optional<std::string_view> packet, from_server_.next(bytes));
    if (!packet) return {};
    FP_TRY_ASSIGN(MqttPacket facts, judge_inbound(*packet));
    FP_TRY(count(facts));
    if (!facts.unexpected) approved.insert(approved.end(), packet->begin(), packet->end());
    seen.push_back(std::move(facts));
  }
}

Result<MqttPacket> MqttGuard::judge_inbound(std::string_view packet) {
  MqttPacket seen;
  seen.type = type_of(packet);
  seen.inbound = true;
  seen.size = packet.size();
  FP_TRY(judge_order(seen, flags_of(packet)));
  MqttReader reader(body_of(packet));
  FP_TRY(judge_body(reader, flags_of(packet), seen));
  if (reader.good()) return seen;
  const std::string what = std::string(word(seen.type)) + " of " + std::to_string(seen.size) + " bytes";
  const bool too_large = seen.type == kPublish && seen.size > kMqttPayloadBytesMax;
  return malformed_packet(what + (too_large ? ", the service's limit is 128 KiB" : " that does not parse"));
}

Result<void> MqttGuard::judge_order(const MqttPacket& seen, unsigned flags) const {
  if (seen.type < kConnect) return malformed_packet("a packet of type 0");
  const std::string name(word(seen.type));
  if (!connect_sent_) return malformed_packet(name + " before our CONNECT");
  if (!connack_seen_ && seen.type != kConnack && seen.type != kDisconnect) {
    return malformed_packet(name + " before CONNACK");
  }
  if (disconnect_seen_) return malformed_packet(name + " after DISCONNECT");
  if (seen.type != kPublish && flags != 0) return malformed_packet(name + " with reserved flags set");
  return {};
}

Result<void> MqttGuard::judge_body(MqttReader& reader, unsigned flags, MqttPacket& seen) {
  switch (seen.type) {
    case kConnack: return judge_connack(reader, seen);
    case kPublish: read_publish(reader, flags, version_, seen); return {};
    case kPuback: judge_puback(reader, seen); return {};
    case kSuback: return judge_suback(reader, seen);
    case kPingresp: require_end(reader); return {};
    case kDisconnect: return judge_disconnect(reader, seen);
    case kConnect:
    case kPubrec:
    case kPubrel:
    case kPubcomp:
    case kSubscribe:
    case kUnsubscribe:
    case kUnsuback:
    case kPingreq:
    case kAuth: break;
  }
  return malformed_packet(std::string(word(seen.type)) + ", which no request asked for");
}

Result<void> MqttGuard::judge_connack(MqttReader& reader, MqttPacket& seen) {
  if (connack_seen_) return malformed_packet("a second CONNACK");
  connack_seen_ = true;
  bool session_present = false;
  MqttProperties properties = read_connack(reader, version_, session_present, seen);
  seen.reason = std::move(properties.reason);
  if (!reader.good() || seen.codes.front() != 0) return {};
  if (session_present) return malformed_packet("CONNACK with an old session, although CONNECT asked for a new one");
  if (properties.receive_maximum == 0) return malformed_packet("CONNACK with Receive Maximum 0");
  if (properties.maximum_packet_size == 0U) return malformed_packet("CONNACK with Maximum Packet Size 0");
  if (properties.maximum_qos.value_or(0) > 1) {
    return malformed_packet("CONNACK with Maximum QoS " + std::to_string(*properties.maximum_qos));
  }
  if (properties.maximum_qos == 0) {
    return fail(ErrorKind::kConnectionRejected,
                "the server accepts no requests: its CONNACK says Maximum QoS 0, and requests have QoS 1",
                "allow QoS 1 on the broker");
  }
  server_packet_bytes_max_ = properties.maximum_packet_size.value_or(kMqttPacketBytesMax);
  return {};
}

void MqttGuard::judge_puback(MqttReader& reader, MqttPacket& seen) {
  seen.packet_id = reader.two_bytes();
  if (version_ == MqttVersion::k5) read_reason(reader, seen);
  require_end(reader);
  if (const auto asked = publications_.find(seen.packet_id); asked != publications_.end()) seen.topic = asked->second;
}

Result<void> MqttGuard::judge_suback(MqttReader& reader, MqttPacket& seen) {
  read_suback(reader, version_, seen);
  if (!reader.good()) return {};
  const auto asked = subscriptions_.find(seen.packet_id);
  if (asked == subscriptions_.end()) {
    return malformed_packet("SUBACK for packet id " + std::to_string(seen.packet_id) + ", which no SUBSCRIBE had");
  }
  if (asked->second.size() != seen.codes.size()) {
    return malformed_packet("SUBACK with " + std::to_string(seen.codes.size()) + " codes for " +
                            std::to_string(asked->second.size()) + " filters");
  }
  seen.filters = std::move(asked->second);
  subscriptions_.erase(asked);
  for (std::size_t i = 0; i < seen.codes.size(); ++i) {
    if (seen.codes[i] < kFailureCodesFrom) granted_.insert(seen.filters[i]);
  }
  return {};
}

Result<void> MqttGuard::judge_disconnect(MqttReader& reader, MqttPacket& seen) {
  if (version_ != MqttVersion::k5) return malformed_packet("DISCONNECT, which MQTT 3.1.1 servers do not send");
  read_reason(reader, seen);
  require_end(reader);
  disconnect_seen_ = true;
  return {};
}

bool MqttGuard::was_asked_for(const MqttPacket& packet) {
  switch (packet.type) {
    case kPublish: return requested_ && granted_.count(packet.topic) != 0;
    case kPuback: return publications_.erase(packet.packet_id) != 0;
    case kPingresp: return pings_ > 0 && pings_-- > 0;
    default: return true;
  }
}

Result<void> MqttGuard::count(MqttPacket& packet) {
  packet.unexpected = !was_asked_for(packet);
  if (packet.unexpected && ++unexpected_ > kUnexpectedPacketsMax) {
    return malformed_packet(std::string(word(packet.type)) + ", the " + std::to_string(unexpected_) +
                            "th packet that no request asked for");
  }
  if (packet.unexpected || packet.type != kPublish) return {};
  answer_bytes_ += packet.size;
  if (++answers_ > kAnswersMax || answer_bytes_ > kAnswerBytesMax) {
    return malformed_packet("more than " + std::to_string(kAnswersMax) + " messages or " +
                            std::to_string(kAnswerBytesMax) + " bytes in response to one request");
  }
  return {};
}

}  // namespace fleet_provision
