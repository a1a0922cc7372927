// DER (X.690): certificates, requests and keys, also where an OCTET STRING or a BIT STRING holds DER. The first byte of
// the input is the target's.
#include <array>

#include "tests/fuzz/mutators/formats.hpp"

namespace fleet_provision::mutators {
namespace {

/// Beside the tag: the content is elements.
constexpr std::uint32_t kHolds = 1U << 8;
constexpr std::uint32_t kConstructed = 0x20;
constexpr std::uint32_t kBitString = 3;
constexpr std::uint32_t kOctetString = 4;
constexpr std::size_t kDepthMax = 40;

std::optional<std::vector<Node>> read_elements(std::string_view bytes, std::size_t depth);

/// Takes the length and gives the content of the element.
std::optional<std::string_view> take_content(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  std::size_t size = static_cast<unsigned char>(bytes[0]);
  bytes.remove_prefix(1);
  if (size >= 128) {
    std::size_t more = size - 128;
    if (more == 0 || more > 3 || more > bytes.size()) return std::nullopt;
    for (size = 0; more > 0; --more) {
      size = (size << 8U) | static_cast<unsigned char>(bytes[0]);
      bytes.remove_prefix(1);
    }
  }
  if (size > bytes.size()) return std::nullopt;
  const std::string_view content = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return content;
}

Node element(std::uint32_t tag, std::string_view content, std::size_t depth) {
  // A BIT STRING begins with the number of unused bits.
  const std::size_t before = tag == kBitString && !content.empty() ? 1 : 0;
  const bool may_hold =
      (tag & kConstructed) != 0 || ((tag == kBitString || tag == kOctetString) && content.size() > before + 2);
  auto inner = may_hold ? read_elements(content.substr(before), depth + 1) : std::nullopt;
  if (!inner) return {tag, std::string(content)};
  return {tag | kHolds, std::string(content.substr(0, before)), std::move(*inner)};
}

std::optional<std::vector<Node>> read_elements(std::string_view bytes, std::size_t depth) {
  if (depth > kDepthMax) return std::nullopt;
  std::vector<Node> elements;
  while (!bytes.empty()) {
    const auto tag = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    if (tag == 0 || (tag & 31U) == 31U) return std::nullopt;
    const auto content = take_content(bytes);
    if (!content) return std::nullopt;
    elements.push_back(element(tag, *content, depth));
  }
  return elements;
}

void write_element(const Node& node, std::string& out) {
  std::string inner = node.bytes;
  for (const Node& each : node.children) write_element(each, inner);
  out += static_cast<char>(node.kind & 255U);
  const std::size_t size = inner.size();
  if (size < 128) {
    out += static_cast<char>(size);
  } else if (size < 256) {
    out += {'\x81', static_cast<char>(size)};
  } else {
    out += {'\x82', static_cast<char>(size >> 8U), static_cast<char>(size & 255U)};
  }
  out += inner;
}

Node invent_element(const Node& /*parent*/, Random& random) {
  constexpr std::array<std::string_view, 22> kElements{
      std::string_view("\x02\x01\x00", 3),
      "\x02\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      std::string_view("\x05\x00", 2),
      "\x01\x01\xff",
      "\x06\x03\x55\x04\x03",
      "\x06\x03\x55\x04\x05",
      "\x06\x03\x55\x1d\x11",
      "\x06\x03\x55\x1d\x13",
      "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
      "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
      "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
      "\x06\x03\x2b\x65\x70",
      "\x0c\x03g-1",
      "\x1e\x04\x00g\x00h",
      "\x13\x02"
      "DE",
      "\x17\x0d"
      "491231235959Z",
      "\x18\x0f"
      "99991231235959Z",
      "\x18\x0f"
      "00000101000000Z",
      "\x31\x0e\x30\x0c\x06\x03\x55\x04\x0a\x0c\x05*?a\x1b[",
      "\x82\x09localhost",
      "\x87\x04\x7f\x01\x01\x01",
      "\x86\x05"
      "a://b",
  };
  const std::string_view chosen = kElements[random() % kElements.size()];
  auto elements = read_elements(chosen, 0);
  return elements && !elements->empty() ? std::move(elements->front()) : Node{5, {}};
}

}  // namespace

Format der_format(std::size_t prefix) {
  return {
      .read = [](std::string_view bytes) -> std::optional<Node> {
        auto elements = read_elements(bytes, 0);
        if (!elements || elements->size() != 1) return std::nullopt;
        return std::move(elements->front());
      },
      .write =
          [](const Node& tree) {
            std::string out;
            write_element(tree, out);
            return out;
          },
      .invent = invent_element,
      .has_content = [](const Node& node) { return (node.kind & kHolds) == 0; },
      .prefix = prefix,
  };
}

}  // namespace fleet_provision::mutators
