// TLS records with the handshake messages of a server (RFC 5246 sections 6.2.1 and 7.4, RFC 8446 section 4). The first
// byte of the input is the target's.
#include <array>

#include "tests/fuzz/mutators/formats.hpp"

namespace fleet_provision::mutators {
namespace {

enum Kind : std::uint32_t {
  kInput,
  kRecord,   ///< `bytes` is type and version
  kMessage,  ///< `bytes` is the type
  kList,     ///< with a length of 24 bits
  kRaw,
};
constexpr std::string_view kCertificate("\x0b", 1);

std::size_t number(std::string_view bytes) {
  std::size_t value = 0;
  for (const char each : bytes) value = (value << 8U) | static_cast<unsigned char>(each);
  return value;
}

/// Takes a length of `width` bytes and what it counts.
std::optional<std::string_view> take_counted(std::string_view& bytes, std::size_t width) {
  if (bytes.size() < width) return std::nullopt;
  const std::size_t size = number(bytes.substr(0, width));
  if (bytes.size() - width < size) return std::nullopt;
  const std::string_view content = bytes.substr(width, size);
  bytes.remove_prefix(width + size);
  return content;
}

std::optional<Node> read_certificates(std::string_view body) {
  const auto list = take_counted(body, 3);
  if (!list || !body.empty()) return std::nullopt;
  Node node{kList, {}};
  std::string_view left = *list;
  while (!left.empty()) {
    const auto certificate = take_counted(left, 3);
    if (!certificate) return std::nullopt;
    node.children.push_back({kList, {}, {{kRaw, std::string(*certificate)}}});
  }
  return node;
}

/// The messages of a record; one raw part if they are not whole.
std::vector<Node> read_messages(std::string_view content) {
  std::vector<Node> messages;
  std::string_view left = content;
  while (!left.empty()) {
    const std::string type(left.substr(0, 1));
    left.remove_prefix(1);
    const auto body = take_counted(left, 3);
    if (!body) return {{kRaw, std::string(content)}};
    auto certificates = type == kCertificate ? read_certificates(*body) : std::nullopt;
    messages.push_back({kMessage, type, {certificates ? std::move(*certificates) : Node{kRaw, std::string(*body)}}});
  }
  return messages;
}

std::optional<Node> read(std::string_view input) {
  Node root{kInput, {}};
  while (!input.empty()) {
    if (input.size() < 5) return std::nullopt;
    Node record{kRecord, std::string(input.substr(0, 3))};
    input.remove_prefix(3);
    const auto content = take_counted(input, 2);
    if (!content) return std::nullopt;
    record.children =
        record.bytes[0] == 22 ? read_messages(*content) : std::vector<Node>{{kRaw, std::string(*content)}};
    root.children.push_back(std::move(record));
  }
  return root.children.empty() ? std::nullopt : std::optional(std::move(root));
}

void write_node(const Node& node, std::string& out) {
  std::string inner = node.kind == kRaw ? node.bytes : "";
  for (const Node& each : node.children) write_node(each, inner);
  const std::size_t width = node.kind == kRecord ? 2 : node.kind == kMessage || node.kind == kList ? 3 : 0;
  if (node.kind == kRecord || node.kind == kMessage) out += node.bytes;
  for (std::size_t left = width; left > 0; --left) out += static_cast<char>((inner.size() >> (8 * (left - 1))) & 255U);
  out += inner;
}

Node invent_part(const Node& parent, Random& random) {
  constexpr std::array<std::string_view, 10> kTypes{
      std::string_view("\x00", 1), "\x02", "\x04", "\x08", "\x0b", "\x0c", "\x0d", "\x0e", "\x14", "\x16"};
  Node message{
      kMessage, std::string(kTypes[random() % kTypes.size()]), {{kRaw, random() % 2 == 0 ? "" : "\x01\x40\x00"}}};
  if (parent.kind != kInput) return message;
  const std::string alert{static_cast<char>(1 + random() % 2), static_cast<char>(random() % 121)};
  switch (random() % 4) {
    case 0: return {kRecord, "\x15\x03\x03", {{kRaw, alert}}};
    case 1: return {kRecord, "\x14\x03\x03", {{kRaw, "\x01"}}};
    case 2: return {kRecord, "\x17\x03\x03", {{kRaw, "data"}}};
    default: return {kRecord, "\x16\x03\x03", {message}};
  }
}

}  // namespace

Format tls_format(std::size_t prefix) {
  return {
      .read = read,
      .write =
          [](const Node& tree) {
            std::string out;
            write_node(tree, out);
            return out;
          },
      .invent = invent_part,
      .has_content = [](const Node& node) { return node.kind == kRaw; },
      .prefix = prefix,
  };
}

}  // namespace fleet_provision::mutators
