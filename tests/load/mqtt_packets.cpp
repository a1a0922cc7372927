#include "tests/load/mqtt_packets.hpp"

namespace fleet_provision::load {
namespace {

constexpr unsigned kCleanStart = 2;
constexpr unsigned kKeepAliveSeconds = 60;
constexpr unsigned kQos1 = 1;
constexpr unsigned kRefusal = 0x80;

char byte(unsigned value) {
  return static_cast<char>(value & 0xffU);
}

void put_u16(std::string& out, std::size_t value) {
  out += byte(static_cast<unsigned>(value >> 8U));
  out += byte(static_cast<unsigned>(value));
}

void put_text(std::string& out, std::string_view text) {
  put_u16(out, text.size());
  out += text;
}

std::string framed(unsigned first, const std::string& body) {
  std::string packet(1, byte(first));
  std::size_t left = body.size();
  do {
    const auto seven = static_cast<unsigned>(left & 0x7fU);
    left >>= 7U;
    packet += byte(left == 0 ? seven : seven | 0x80U);
  } while (left != 0);
  return packet + body;
}

unsigned at(std::string_view bytes, std::size_t position) {
  return position < bytes.size() ? static_cast<unsigned char>(bytes[position]) : 0;
}

std::size_t u16_at(std::string_view bytes, std::size_t position) {
  return at(bytes, position) << 8U | at(bytes, position + 1);
}

// A variable byte integer (MQTT 5, 1.5.5) and how many bytes it takes; nothing while it is not whole.
struct Number {
  std::size_t value = 0;
  std::size_t size = 0;
};
std::optional<Number> number_at(std::string_view bytes, std::size_t position) {
  Number number;
  for (unsigned shift = 0; shift < 28 && position + number.size < bytes.size(); shift += 7) {
    const unsigned each = at(bytes, position + number.size);
    ++number.size;
    number.value |= static_cast<std::size_t>(each & 0x7fU) << shift;
    if ((each & 0x80U) == 0) return number;
  }
  return std::nullopt;
}

}  // namespace

std::string connect_packet(std::string_view client_id) {
  std::string body;
  put_text(body, "MQTT");
  body += byte(5);
  body += byte(kCleanStart);
  put_u16(body, kKeepAliveSeconds);
  body += byte(0);  // no properties
  put_text(body, client_id);
  return framed(0x10, body);
}

std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters) {
  std::string body;
  put_u16(body, id);
  body += byte(0);
  for (const auto& filter : filters) {
    put_text(body, filter);
    body += byte(kQos1);
  }
  return framed(0x82, body);
}

std::string publish_packet(std::uint16_t id, std::string_view topic, std::string_view payload) {
  std::string body;
  put_text(body, topic);
  put_u16(body, id);
  body += byte(0);
  body += payload;
  return framed(0x30U | kQos1 << 1U, body);
}

std::string puback_packet(std::uint16_t id) {
  std::string body;
  put_u16(body, id);
  return framed(0x40, body);
}

std::string disconnect_packet() {
  return framed(0xe0, {});
}

std::optional<Packet> first_packet(std::string_view bytes) {
  const auto length = number_at(bytes, 1);
  if (!length || bytes.size() < 1 + length->size + length->value) return std::nullopt;
  const unsigned first = at(bytes, 0);
  return Packet{first >> 4U, first & 0xfU, bytes.substr(1 + length->size, length->value),
                1 + length->size + length->value};
}

std::optional<Message> message_in(const Packet& packet) {
  const std::size_t topic_size = u16_at(packet.body, 0);
  std::size_t position = 2 + topic_size;
  Message message;
  if ((packet.flags >> 1U & 3U) != 0) {
    message.id = static_cast<std::uint16_t>(u16_at(packet.body, position));
    position += 2;
  }
  const auto properties = number_at(packet.body, position);
  if (!properties || position + properties->size + properties->value > packet.body.size()) return std::nullopt;
  message.topic = packet.body.substr(2, topic_size);
  message.payload = packet.body.substr(position + properties->size + properties->value);
  return message;
}

unsigned reason_code(const Packet& packet) {
  const bool puback = packet.type == static_cast<unsigned>(PacketType::kPuback);
  const std::size_t position = puback ? 2 : 1;
  if (packet.body.size() > position) return at(packet.body, position);
  return puback && packet.body.size() == position ? 0 : 255;
}

unsigned refused_filter(const Packet& packet) {
  const auto properties = number_at(packet.body, 2);
  if (!properties) return 255;
  for (std::size_t i = 2 + properties->size + properties->value; i < packet.body.size(); ++i) {
    if (at(packet.body, i) >= kRefusal) return at(packet.body, i);
  }
  return 0;
}

}  // namespace fleet_provision::load
