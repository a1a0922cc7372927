#include "mqtt/guard.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/secret.hpp"
#include "core/text.hpp"
#include "mqtt/reader.hpp"

namespace fleet_provision {
namespace {

using enum MqttPacketType;

/// All packets of an ordinary exchange fit in here; only the header of a larger one is collected first.
constexpr std::size_t kUsualPacketBytes = 8 * 1024;

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorKind::kMalformedAnswer, "the server sent a malformed packet: " + what,
              "the endpoint may not be an AWS IoT endpoint, or something on the way changes its bytes");
}

/// A reason code and properties at the end of a packet; MQTT 5 lets both be left out.
void read_reason(MqttReader& packet, MqttPacket& seen) {
  seen.codes.push_back(packet.at_end() ? std::uint8_t{0} : packet.byte());
  if (!packet.at_end()) seen.reason = read_mqtt_properties(packet).reason;
}

/// The bytes behind the fixed header.
std::string_view body(std::string_view packet) {
  std::size_t header = 1;
  while ((static_cast<unsigned char>(packet[header]) & 0x80) != 0) ++header;
  return packet.substr(header + 1);
}

/// Before the CONNACK a server may only send that or, in MQTT 5, DISCONNECT.
bool may_come_first(char first_byte) {
  return first_byte == '\x20' || first_byte == '\xE0';
}

unsigned flags(std::string_view packet) {
  return static_cast<unsigned char>(packet[0]) & 0x0F;
}

void read_publish(MqttReader& packet, unsigned packet_flags, MqttVersion version, MqttPacket& seen) {
  const unsigned qos = (packet_flags >> 1) & 3;
  seen.topic = std::string(packet.text());
  if (qos > 0) {
    seen.packet_id = packet.two_bytes();
    if (seen.packet_id == 0) packet.spoil();
  }
  if (version == MqttVersion::k5 && read_mqtt_properties(packet).topic_alias) packet.spoil();
  const bool wildcard = seen.topic.find_first_of("+#") != std::string::npos;
  if (qos > 1 || seen.topic.empty() || wildcard || packet.left() > kMqttPayloadBytesMax) packet.spoil();
}

MqttProperties read_connack(MqttReader& packet, MqttVersion version, bool& session_present, MqttPacket& seen) {
  const std::uint8_t acknowledge_flags = packet.byte();
  session_present = acknowledge_flags == 1;
  if (acknowledge_flags > 1) packet.spoil();
  seen.codes.push_back(packet.byte());
  // A broker that does not know MQTT 5 answers in the form of 3.1.1, which has no properties.
  const bool older_form = seen.codes.front() != 0 && packet.at_end();
  MqttProperties properties;
  if (version == MqttVersion::k5 && !older_form) properties = read_mqtt_properties(packet);
  if (!packet.at_end()) packet.spoil();
  return properties;
}

void read_suback(MqttReader& packet, MqttVersion version, MqttPacket& seen) {
  seen.packet_id = packet.two_bytes();
  if (version == MqttVersion::k5) seen.reason = read_mqtt_properties(packet).reason;
  const std::string_view codes = packet.take(packet.left());
  for (const char code : codes) seen.codes.push_back(static_cast<std::uint8_t>(code));
  const auto impossible = [version](std::uint8_t code) {
    return code > 2 && (version == MqttVersion::k311 ? code != 0x80 : code < 0x80);
  };
  if (std::any_of(seen.codes.begin(), seen.codes.end(), impossible)) packet.spoil();
}

}  // namespace

std::string_view word(MqttPacketType type) {
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

MqttFramer::MqttFramer() : buffer_(new char[kUsualPacketBytes]), capacity_(kUsualPacketBytes) {}

MqttFramer::~MqttFramer() {
  wipe(buffer_.get(), size_);
}

Result<std::optional<std::string_view>> MqttFramer::next(std::string_view& bytes) {
  if (complete_) {
    wipe(buffer_.get(), size_);
    size_ = packet_size_ = 0;
    complete_ = false;
  }
  while (packet_size_ == 0 && !bytes.empty()) {
    buffer_[size_++] = bytes.front();
    bytes.remove_prefix(1);
    if (size_ == 1) continue;
    const bool more = (static_cast<unsigned char>(buffer_[size_ - 1]) & 0x80) != 0;
    if (more && size_ == 5) return malformed("its length has more than four bytes");
    if (more) continue;
    MqttReader header(std::string_view(buffer_.get() + 1, size_ - 1));
    packet_size_ = size_ + header.variable_integer();
    if (packet_size_ > kMqttPacketBytesMax) {
      return malformed("it declares " + std::to_string(packet_size_) + " bytes, the service's limit is 128 KiB");
    }
    if (packet_size_ <= capacity_) continue;
    // Only the header is there yet, so nothing secret is left behind by the move.
    std::unique_ptr<char[]> larger(new char[packet_size_]);
    std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = packet_size_;
  }
  if (packet_size_ == 0) return std::nullopt;
  const std::size_t count = std::min(packet_size_ - size_, bytes.size());
  if (count > 0) std::memcpy(buffer_.get() + size_, bytes.data(), count);
  bytes.remove_prefix(count);
  size_ += count;
  if (size_ < packet_size_) return std::nullopt;
  complete_ = true;
  return std::string_view(buffer_.get(), size_);
}

Result<void> MqttGuard::outbound(std::string_view bytes, std::vector<MqttPacket>& seen) {
  while (true) {
    auto packet = from_us_.next(bytes);
    if (!packet) return fail(ErrorKind::kInternal, "our side does not speak MQTT");
    if (!*packet) return {};
    FP_TRY_ASSIGN(MqttPacket facts, read_outbound(**packet));
    seen.push_back(std::move(facts));
  }
}

Result<MqttPacket> MqttGuard::read_outbound(std::string_view packet) {
  MqttPacket seen;
  seen.type = static_cast<MqttPacketType>(static_cast<unsigned char>(packet[0]) >> 4);
  seen.size = packet.size();
  MqttReader reader(body(packet));
  if (seen.type == kConnect) {
    reader.text();
    version_ = reader.byte() == 5 ? MqttVersion::k5 : MqttVersion::k311;
    connect_sent_ = true;
  } else if (seen.type == kSubscribe) {
    seen.packet_id = reader.two_bytes();
    if (version_ == MqttVersion::k5) read_mqtt_properties(reader);
    while (reader.good() && !reader.at_end()) {
      seen.filters.emplace_back(reader.text());
      reader.byte();
    }
    subscriptions_[seen.packet_id] = seen.filters;
  } else if (seen.type == kPublish) {
    read_publish(reader, flags(packet), version_, seen);
    if (seen.packet_id != 0) publications_[seen.packet_id] = seen.topic;
    requested_ = true;
    answers_ = answer_bytes_ = 0;
  } else if (seen.type == kPingreq) {
    ++pings_;
  } else if (seen.type == kPuback) {
    seen.packet_id = reader.two_bytes();
  }
  if (!reader.good()) return fail(ErrorKind::kInternal, "our side sent a packet that is not whole");
  if (seen.size > server_packet_bytes_max_) {
    return fail(ErrorKind::kConnectionRejected,
                "the server takes packets of at most " + std::to_string(server_packet_bytes_max_) +
                    " bytes (Maximum Packet Size of its CONNACK), and our " + std::string(word(seen.type)) + " has " +
                    std::to_string(seen.size),
                "raise the limit of the broker; AWS IoT takes 128 KiB");
  }
  return seen;
}

Result<void> MqttGuard::inbound(std::string_view bytes, std::vector<char>& approved, std::vector<MqttPacket>& seen) {
  while (true) {
    // Else text that is no MQTT would be waited for as a packet of the length that its second letter declares.
    if (!connack_seen_ && from_server_.between_packets() && !bytes.empty() && !may_come_first(bytes.front())) {
      return malformed("it does not speak MQTT, it said: " +
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

Result<void> MqttGuard::take_connack(MqttReader& reader, MqttPacket& seen) {
  bool session_present = false;
  MqttProperties properties = read_connack(reader, version_, session_present, seen);
  seen.reason = std::move(properties.reason);
  if (!reader.good() || seen.codes.front() != 0) return {};
  if (session_present) return malformed("CONNACK with an old session, although a new one was asked for");
  if (properties.receive_maximum == 0) return malformed("CONNACK with Receive Maximum 0");
  if (properties.maximum_packet_size == 0U) return malformed("CONNACK with Maximum Packet Size 0");
  if (properties.maximum_qos.value_or(0) > 1) {
    return malformed("CONNACK with Maximum QoS " + std::to_string(*properties.maximum_qos));
  }
  if (properties.maximum_qos == 0) {
    return fail(ErrorKind::kConnectionRejected,
                "the server takes no request: its CONNACK says Maximum QoS 0, and requests are sent with QoS 1",
                "allow QoS 1 on the broker");
  }
  server_packet_bytes_max_ = properties.maximum_packet_size.value_or(kMqttPacketBytesMax);
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
  const std::string name(word(packet.type));
  if (packet.unexpected && ++unexpected_ > kUnexpectedPacketsMax) {
    return malformed(name + ", the " + std::to_string(unexpected_) + "th packet that nothing asked for");
  }
  if (packet.unexpected || packet.type != kPublish) return {};
  answer_bytes_ += packet.size;
  if (++answers_ > kAnswersMax || answer_bytes_ > kAnswerBytesMax) {
    return malformed("more than " + std::to_string(kAnswersMax) + " messages or " + std::to_string(kAnswerBytesMax) +
                     " bytes in answer to one request");
  }
  return {};
}

Result<MqttPacket> MqttGuard::judge_inbound(std::string_view packet) {
  MqttPacket seen;
  seen.type = static_cast<MqttPacketType>(static_cast<unsigned char>(packet[0]) >> 4);
  seen.inbound = true;
  seen.size = packet.size();
  if (seen.type < kConnect) return malformed("a packet of type 0");
  const std::string name(word(seen.type));
  const bool version_5 = version_ == MqttVersion::k5;

  if (!connect_sent_) return malformed(name + " before our CONNECT");
  if (!connack_seen_ && seen.type != kConnack && seen.type != kDisconnect) return malformed(name + " before CONNACK");
  if (disconnect_seen_) return malformed(name + " after DISCONNECT");
  if (seen.type != kPublish && flags(packet) != 0) return malformed(name + " with reserved flags set");

  MqttReader reader(body(packet));
  switch (seen.type) {
    case kConnack:
      if (connack_seen_) return malformed("a second CONNACK");
      connack_seen_ = true;
      FP_TRY(take_connack(reader, seen));
      break;
    case kPublish: read_publish(reader, flags(packet), version_, seen); break;
    case kPuback:
      seen.packet_id = reader.two_bytes();
      if (version_5) read_reason(reader, seen);
      if (!reader.at_end()) reader.spoil();
      if (const auto asked = publications_.find(seen.packet_id); asked != publications_.end()) {
        seen.topic = asked->second;
      }
      break;
    case kSuback: {
      read_suback(reader, version_, seen);
      if (!reader.good()) break;
      const auto asked = subscriptions_.find(seen.packet_id);
      if (asked == subscriptions_.end()) {
        return malformed("SUBACK for packet id " + std::to_string(seen.packet_id) + ", which was not asked");
      }
      if (asked->second.size() != seen.codes.size()) {
        return malformed("SUBACK with " + std::to_string(seen.codes.size()) + " codes for " +
                         std::to_string(asked->second.size()) + " filters");
      }
      seen.filters = std::move(asked->second);
      subscriptions_.erase(asked);
      for (std::size_t i = 0; i < seen.codes.size(); ++i) {
        if (seen.codes[i] < 0x80) granted_.insert(seen.filters[i]);
      }
      break;
    }
    case kPingresp:
      if (!reader.at_end()) reader.spoil();
      break;
    case kDisconnect:
      if (!version_5) return malformed("DISCONNECT, which MQTT 3.1.1 servers do not send");
      read_reason(reader, seen);
      if (!reader.at_end()) reader.spoil();
      disconnect_seen_ = true;
      break;
    case kConnect:
    case kPubrec:
    case kPubrel:
    case kPubcomp:
    case kSubscribe:
    case kUnsubscribe:
    case kUnsuback:
    case kPingreq:
    case kAuth: return malformed(name + ", which nothing asked for");
  }
  if (seen.type == kPublish && seen.size > kMqttPayloadBytesMax && !reader.good()) {
    return malformed(name + " of " + std::to_string(seen.size) + " bytes, the service's limit is 128 KiB");
  }
  if (!reader.good()) return malformed(name + " of " + std::to_string(seen.size) + " bytes that does not parse");
  return seen;
}

}  // namespace fleet_provision
