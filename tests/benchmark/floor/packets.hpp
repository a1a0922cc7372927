// MQTT packets by hand, as few as a provisioning needs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::floor {

/// The protocol level of the CONNECT packet.
enum class Level : std::uint8_t { k311 = 4, k5 = 5 };

class Packets {
 public:
  explicit Packets(Level level) : level_(level) {}

  [[nodiscard]] std::string connect(const std::string& client_id) const;
  [[nodiscard]] std::string subscribe(const std::vector<std::string>& filters) const;
  /// At least once, as packet `id`.
  [[nodiscard]] std::string publish(const std::string& topic, std::string_view payload, std::uint16_t id) const;
  [[nodiscard]] static std::string acknowledge(std::uint16_t id);
  [[nodiscard]] static std::string disconnect();

  struct Published {
    std::string topic;
    std::string payload;
    std::uint16_t id = 0;
  };

  /// Throws unless `packet` is a CONNACK that accepts, a SUBACK that grants all of `filters`, a PUBLISH.
  void expect_connack(std::string_view packet) const;
  void expect_suback(std::string_view packet, std::size_t filters) const;
  [[nodiscard]] Published published(std::string_view packet) const;

 private:
  Level level_;
};

/// One whole packet; `more` gives bytes as they come and `buffer` keeps those that are left over.
std::string next_packet(std::string& buffer, const std::function<std::string()>& more);

inline unsigned packet_type(std::string_view packet) {
  return static_cast<unsigned char>(packet[0]) >> 4;
}
constexpr unsigned kPublish = 3;

}  // namespace fleet_provision::floor
