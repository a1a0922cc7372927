// Splits a stream of bytes into whole MQTT packets (MQTT 5.0 section 2.1; the fixed header of MQTT 3.1.1 is the same).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "mqtt/packet.hpp"

namespace fleet_provision {

/// kMalformedAnswer: the server sent a packet that is wrong in the way that `what` says.
[[nodiscard]] tl::unexpected<Error> malformed_packet(const std::string& what);

/// The bytes after the fixed header of a whole packet.
[[nodiscard]] std::string_view body_of(std::string_view packet);

/// Collects the bytes of one direction of one connection into packets. Its buffer is wiped after each packet.
class MqttFramer {
 public:
  MqttFramer();
  MqttFramer(const MqttFramer&) = delete;
  MqttFramer& operator=(const MqttFramer&) = delete;
  ~MqttFramer();

  /// Removes bytes from the front of `bytes` and returns a packet as soon as it is complete; the view is valid until
  /// the next call. kMalformedAnswer as soon as a packet declares a length that is malformed or over
  /// kMqttPacketBytesMax.
  [[nodiscard]] Result<std::optional<std::string_view>> next(std::string_view& bytes);
  /// Whether the next byte begins a packet.
  [[nodiscard]] bool between_packets() const { return complete_ || size_ == 0; }
  /// Bytes of a packet that is not complete.
  [[nodiscard]] std::size_t held() const { return complete_ ? 0 : size_; }

 private:
  /// Takes the bytes of the fixed header; sets `packet_size_` once the header is whole.
  [[nodiscard]] Result<void> collect_header(std::string_view& bytes);
  void grow(std::size_t capacity);

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  /// 0 until the fixed header is whole.
  std::size_t packet_size_ = 0;
  bool complete_ = false;
};

}  // namespace fleet_provision
