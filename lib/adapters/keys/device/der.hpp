// The few parts of DER (X.690) that key files and signatures need.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fleet_provision::der {

inline constexpr unsigned char kBoolean = 0x01;
inline constexpr unsigned char kInteger = 0x02;
inline constexpr unsigned char kBitString = 0x03;
inline constexpr unsigned char kOctetString = 0x04;
inline constexpr unsigned char kObjectIdentifier = 0x06;
inline constexpr unsigned char kSequence = 0x30;
/// The tag of `[number] EXPLICIT`.
constexpr unsigned char explicit_tag(unsigned number) {
  return static_cast<unsigned char>(0xA0U | number);
}

/// One element after the other; reads nothing behind the text that it was given.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  /// The tag of the next element; nothing at the end.
  [[nodiscard]] std::optional<unsigned char> next_tag() const;
  /// The content of the next element, if it has this tag and is complete; the reader then stands behind it.
  [[nodiscard]] std::optional<std::string_view> take(unsigned char tag);

 private:
  std::string_view rest_;
};

/// An element with this tag and content.
[[nodiscard]] std::string element(unsigned char tag, std::string_view content);
/// The INTEGER of a big-endian number without a sign.
[[nodiscard]] std::string unsigned_integer(std::string_view big_endian);

}  // namespace fleet_provision::der
