#include "tests/benchmark/floor/packets.hpp"

#include <algorithm>

#include "tests/benchmark/floor/failure.hpp"

namespace fleet_provision::floor {
namespace {

constexpr unsigned kConnack = 2;
constexpr unsigned kSuback = 9;
constexpr std::uint16_t kKeepAliveSeconds = 60;

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string text(std::string_view value) {
  return number(value.size()) + std::string(value);
}

std::string packet(unsigned first, const std::string& body) {
  std::string bytes(1, static_cast<char>(first));
  std::size_t rest = body.size();
  do {
    bytes += static_cast<char>(rest % 128 | (rest >= 128 ? 0x80 : 0));
    rest /= 128;
  } while (rest > 0);
  return bytes + body;
}

std::size_t byte_at(std::string_view bytes, std::size_t at) {
  require(at < bytes.size(), "a packet that is too short");
  return static_cast<unsigned char>(bytes[at]);
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

struct Header {
  std::size_t size = 0;
  std::size_t body = 0;
};

/// Where a remaining length that begins at `at` ends, and what it says; size 0 while it is not whole.
Header header(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = at; i < bytes.size() && i < at + 4; ++i) {
    value |= (byte_at(bytes, i) & 0x7F) << (7 * (i - at));
    if ((byte_at(bytes, i) & 0x80) == 0) return {i + 1, value};
  }
  require(bytes.size() < at + 4, "a length that does not end");
  return {};
}

std::string_view body_of(std::string_view bytes) {
  return bytes.substr(header(bytes, 1).size);
}

}  // namespace

std::string Packets::connect(const std::string& client_id) const {
  constexpr char kCleanStart = 2;
  std::string body = text("MQTT") + static_cast<char>(level_) + kCleanStart + number(kKeepAliveSeconds);
  if (level_ == Level::k5) body += '\0';
  return packet(0x10, body + text(client_id));
}

std::string Packets::subscribe(const std::vector<std::string>& filters) const {
  std::string body = number(1);
  if (level_ == Level::k5) body += '\0';
  for (const std::string& filter : filters) body += text(filter) + '\1';
  return packet(0x82, body);
}

std::string Packets::publish(const std::string& topic, std::string_view payload, std::uint16_t id) const {
  std::string body = text(topic) + number(id);
  if (level_ == Level::k5) body += '\0';
  return packet(0x32, body.append(payload));
}

std::string Packets::acknowledge(std::uint16_t id) {
  return packet(0x40, number(id));
}
std::string Packets::disconnect() {
  return packet(0xE0, "");
}

void Packets::expect_connack(std::string_view packet) const {
  require(packet_type(packet) == kConnack && byte_at(body_of(packet), 1) == 0, "the broker does not accept the claim");
}

void Packets::expect_suback(std::string_view packet, std::size_t filters) const {
  require(packet_type(packet) == kSuback, "no SUBACK");
  std::string_view codes = body_of(packet).substr(2);
  if (level_ == Level::k5) {
    const Header properties = header(codes, 0);
    codes.remove_prefix(std::min(codes.size(), properties.size + properties.body));
  }
  const bool granted = std::all_of(codes.begin(), codes.end(), [](char code) { return code == 0 || code == 1; });
  require(codes.size() == filters && granted, "a subscription was denied");
}

Packets::Published Packets::published(std::string_view packet) const {
  const std::string_view body = body_of(packet);
  const std::size_t topic_size = number_at(body, 0);
  std::size_t at = 2 + topic_size;
  Published message;
  message.topic = body.substr(2, topic_size);
  if ((byte_at(packet, 0) & 6) != 0) {
    message.id = static_cast<std::uint16_t>(number_at(body, at));
    at += 2;
  }
  if (level_ == Level::k5) {
    const Header properties = header(body, at);
    at = properties.size + properties.body;
  }
  require(at <= body.size(), "a PUBLISH that is too short");
  message.payload = body.substr(at);
  return message;
}

std::string next_packet(std::string& buffer, const std::function<std::string()>& more) {
  for (;;) {
    const Header found = header(buffer, 1);
    const std::size_t whole = found.size + found.body;
    if (found.size > 0 && buffer.size() >= whole) {
      std::string one = buffer.substr(0, whole);
      buffer.erase(0, whole);
      return one;
    }
    buffer += more();
  }
}

}  // namespace fleet_provision::floor
