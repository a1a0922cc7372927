// The fields of one MQTT packet, read from front to back (MQTT 5.0, OASIS standard, section 1.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/text.hpp"

namespace fleet_provision {

/// Once a field is missing or malformed, `good` stays false and all further values are zero or empty.
class MqttReader {
 public:
  explicit MqttReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

  std::string_view take(std::size_t count) {
    if (!good_ || rest_.size() < count) {
      good_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }
  std::uint16_t two_bytes() {
    const unsigned high = byte();
    const unsigned low = byte();
    return static_cast<std::uint16_t>((high << 8) | low);
  }
  /// Section 1.5.5: at most four bytes.
  std::size_t variable_integer() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::size_t part = byte();
      value |= (part & 0x7F) << shift;
      if ((part & 0x80) == 0) return value;
    }
    good_ = false;
    return 0;
  }
  /// Section 1.5.4: two bytes of length, then UTF-8 without U+0000.
  std::string_view text() {
    const std::string_view bytes = take(two_bytes());
    if (!is_utf8(bytes) || bytes.find('\0') != std::string_view::npos) good_ = false;
    return bytes;
  }
  void spoil() { good_ = false; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace fleet_provision
