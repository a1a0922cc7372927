#include "adapters/keys/device/der.hpp"

namespace fleet_provision::der {
namespace {

constexpr std::size_t kLongForm = 0x80;
/// Lengths of up to 0xFFFFFF bytes: no key file is longer.
constexpr std::size_t kLengthBytesMax = 3;

unsigned char byte_of(char each) {
  return static_cast<unsigned char>(each);
}

std::string length_of(std::size_t size) {
  if (size < kLongForm) return {static_cast<char>(size)};
  std::string bytes;
  for (; size > 0; size >>= 8U) bytes.insert(bytes.begin(), static_cast<char>(size & 0xFFU));
  return static_cast<char>(kLongForm | bytes.size()) + bytes;
}

}  // namespace

std::optional<unsigned char> Reader::next_tag() const {
  if (rest_.empty()) return std::nullopt;
  return byte_of(rest_.front());
}

std::optional<std::string_view> Reader::take(unsigned char tag) {
  if (rest_.size() < 2 || byte_of(rest_[0]) != tag) return std::nullopt;
  std::size_t length = byte_of(rest_[1]);
  std::size_t header = 2;
  if (length >= kLongForm) {
    const std::size_t count = length - kLongForm;
    if (count == 0 || count > kLengthBytesMax || rest_.size() < header + count) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte_of(rest_[header + i]);
    header += count;
  }
  if (length > rest_.size() - header) return std::nullopt;
  const std::string_view content = rest_.substr(header, length);
  rest_.remove_prefix(header + length);
  return content;
}

std::string element(unsigned char tag, std::string_view content) {
  std::string bytes(1, static_cast<char>(tag));
  return bytes.append(length_of(content.size())).append(content);
}

std::string unsigned_integer(std::string_view big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == '\0') big_endian.remove_prefix(1);
  const bool would_be_negative = big_endian.empty() || byte_of(big_endian.front()) >= 0x80;
  return element(kInteger, (would_be_negative ? std::string(1, '\0') : std::string()).append(big_endian));
}

}  // namespace fleet_provision::der
