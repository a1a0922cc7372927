#include "mqtt/payload.hpp"

#include <algorithm>
#include <string_view>

#include "mqtt/packet.hpp"
#include "mqtt/properties.hpp"

namespace fleet_provision {
namespace {

/// The bytes of a PUBLISH behind its fixed header that are not payload (MQTT 5 section 3.3.2).
std::size_t variable_header_size(std::string_view body, unsigned qos, MqttVersion version, std::string& topic) {
  MqttReader reader(body);
  topic = std::string(reader.text());
  if (qos > 0) reader.two_bytes();
  if (version == MqttVersion::k5) read_mqtt_properties(reader);
  return body.size() - reader.left();
}

/// Section 1.5.5. It needs no more bytes than the previous length, which was not smaller.
char* put_length(char* to, std::size_t length) {
  do {
    const std::size_t rest = length >> 7;
    *to++ = static_cast<char>((length & 0x7F) | (rest != 0 ? 0x80 : 0));
    length = rest;
  } while (length != 0);
  return to;
}

}  // namespace

void take_payloads(std::vector<char>& packets, MqttVersion version, std::vector<MqttMessage>& taken) {
  char* to = packets.data();
  const char* from = packets.data();
  const char* const end = from + packets.size();
  while (from < end) {
    const auto first = static_cast<unsigned char>(*from);
    MqttReader reader({from + 1, static_cast<std::size_t>(end - from) - 1});
    const std::size_t size = reader.variable_integer();
    const std::string_view body = reader.take(size);
    const char* const next = body.data() + body.size();
    if (first >> 4 != static_cast<unsigned>(MqttPacketType::kPublish)) {
      to = std::copy(from, next, to);
    } else {
      MqttMessage message;
      const std::size_t kept = variable_header_size(body, (first >> 1) & 3U, version, message.topic);
      message.payload = Secret(body.substr(kept));
      taken.push_back(std::move(message));
      *to++ = static_cast<char>(first);
      to = put_length(to, kept);
      to = std::copy(body.data(), body.data() + kept, to);
    }
    from = next;
  }
  const auto left = static_cast<std::size_t>(to - packets.data());
  wipe(to, packets.size() - left);
  packets.resize(left);
}

}  // namespace fleet_provision
