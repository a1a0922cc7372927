#include "mqtt/framer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/secret.hpp"
#include "mqtt/reader.hpp"

namespace fleet_provision {
namespace {

/// The packets of a normal exchange fit in this size; for a larger one only the header is collected first.
constexpr std::size_t kUsualPacketBytes = 8 * 1024;
/// One byte of type and flags, then a length of at most four bytes.
constexpr std::size_t kFixedHeaderBytesMax = 5;

bool has_continuation_bit(char byte) {
  return (static_cast<unsigned char>(byte) & 0x80) != 0;
}

}  // namespace

tl::unexpected<Error> malformed_packet(const std::string& what) {
  return fail(ErrorKind::kMalformedAnswer, "the server sent a malformed packet: " + what,
              "check that --endpoint and --port name an MQTT server, and that no device on the way changes its bytes");
}

std::string_view body_of(std::string_view packet) {
  std::size_t header = 1;
  while (has_continuation_bit(packet[header])) ++header;
  return packet.substr(header + 1);
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
  FP_TRY(collect_header(bytes));
  if (packet_size_ == 0) return std::nullopt;
  const std::size_t count = std::min(packet_size_ - size_, bytes.size());
  if (count > 0) std::memcpy(buffer_.get() + size_, bytes.data(), count);
  bytes.remove_prefix(count);
  size_ += count;
  if (size_ < packet_size_) return std::nullopt;
  complete_ = true;
  return std::string_view(buffer_.get(), size_);
}

Result<void> MqttFramer::collect_header(std::string_view& bytes) {
  while (packet_size_ == 0 && !bytes.empty()) {
    buffer_[size_++] = bytes.front();
    bytes.remove_prefix(1);
    if (size_ == 1) continue;
    const bool more = has_continuation_bit(buffer_[size_ - 1]);
    if (more && size_ == kFixedHeaderBytesMax) return malformed_packet("its length has more than four bytes");
    if (more) continue;
    MqttReader length(std::string_view(buffer_.get() + 1, size_ - 1));
    packet_size_ = size_ + length.variable_integer();
    if (packet_size_ > kMqttPacketBytesMax) {
      return malformed_packet("it declares " + std::to_string(packet_size_) + " bytes, the service's limit is 128 KiB");
    }
    if (packet_size_ > capacity_) grow(packet_size_);
  }
  return {};
}

void MqttFramer::grow(std::size_t capacity) {
  // The old buffer holds only the header, so it holds no secret.
  std::unique_ptr<char[]> larger(new char[capacity]);
  std::memcpy(larger.get(), buffer_.get(), size_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

}  // namespace fleet_provision
