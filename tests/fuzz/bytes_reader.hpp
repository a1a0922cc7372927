// Takes numbers and texts from the bytes of an input, for targets whose subject takes values. At the end of the input
// all further values are zero or empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fleet_provision {

class BytesReader {
 public:
  explicit BytesReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  bool flag() { return (byte() & 1) != 0; }
  /// Up to the next NUL byte or line feed, which is taken too.
  std::string_view text() {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(std::string_view("\0\n", 2)));
    rest_.remove_prefix(std::min(taken.size() + 1, rest_.size()));
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace fleet_provision
