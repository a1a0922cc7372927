// CBOR (RFC 8949): items of definite and indefinite length, tags, and the items that stand in the responses of the
// service.
#include <array>

#include "tests/fuzz/mutators/formats.hpp"

namespace fleet_provision::mutators {
namespace {

enum Kind : std::uint32_t {
  kAtom,    ///< an integer, a float or a simple value: its bytes as they are
  kString,  ///< a byte or text string
  kChunks,  ///< one of indefinite length: its chunks
  kArray,
  kMap,  ///< names and values in turn
  kTag,  ///< `bytes` is the head
};
/// Beside the kind: the major type, and whether the length is indefinite.
constexpr std::uint32_t kMajorShift = 8;
constexpr std::uint32_t kIndefinite = 1U << 16;
constexpr std::size_t kDepthMax = 70;
constexpr std::size_t kItemsMax = 4000;

std::uint32_t kind_of(const Node& node) {
  return node.kind & 0xFF;
}
unsigned major_of(const Node& node) {
  return (node.kind >> kMajorShift) & 7U;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Node> item(std::size_t depth) {
    if (at_ >= bytes_.size() || depth > kDepthMax || ++items_ > kItemsMax) return std::nullopt;
    const std::size_t begin = at_;
    const auto first = static_cast<std::uint8_t>(bytes_[at_++]);
    const unsigned major = first >> 5U;
    const unsigned more = first & 31U;
    std::uint64_t value = more;
    if (more >= 24 && more < 28) {
      const std::size_t size = std::size_t{1} << (more - 24);
      if (bytes_.size() - at_ < size) return std::nullopt;
      value = 0;
      for (std::size_t i = 0; i < size; ++i) value = (value << 8) | static_cast<std::uint8_t>(bytes_[at_++]);
    } else if (more >= 28 && more < 31) {
      return std::nullopt;
    }
    const std::uint32_t flags = (major << kMajorShift) | (more == 31 ? kIndefinite : 0);
    switch (major) {
      case 2:
      case 3: return more == 31 ? several({kChunks | flags, {}}, SIZE_MAX, depth) : string(flags, value);
      case 4: return several({kArray | flags, {}}, more == 31 ? SIZE_MAX : value, depth);
      case 5: return several({kMap | flags, {}}, more == 31 ? SIZE_MAX : 2 * value, depth);
      case 6: return several({kTag | flags, std::string(bytes_.substr(begin, at_ - begin))}, 1, depth);
      default: return Node{kAtom | flags, std::string(bytes_.substr(begin, at_ - begin))};
    }
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::optional<Node> string(std::uint32_t flags, std::uint64_t size) {
    if (bytes_.size() - at_ < size) return std::nullopt;
    Node node{kString | flags, std::string(bytes_.substr(at_, size))};
    at_ += size;
    return node;
  }
  std::optional<Node> several(Node node, std::uint64_t count, std::size_t depth) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (count == SIZE_MAX && at_ < bytes_.size() && bytes_[at_] == '\xff') {
        ++at_;
        return node;
      }
      auto child = item(depth + 1);
      if (!child) return std::nullopt;
      node.children.push_back(std::move(*child));
    }
    return node;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t items_ = 0;
};

void write_head(std::string& out, unsigned major, std::uint64_t value) {
  const auto first = [major](unsigned more) { return static_cast<char>((major << 5U) | more); };
  if (value < 24) {
    out += first(static_cast<unsigned>(value));
    return;
  }
  const unsigned size = value < 256 ? 0 : value < 65536 ? 1 : 2;
  out += first(24 + size);
  for (unsigned left = 1U << size; left > 0; --left) out += static_cast<char>((value >> (8 * (left - 1))) & 255);
}

void write_item(const Node& node, std::string& out) {
  const unsigned major = major_of(node);
  switch (kind_of(node)) {
    case kAtom: out += node.bytes; return;
    case kString:
      write_head(out, major, node.bytes.size());
      out += node.bytes;
      return;
    case kTag: out += node.bytes; break;
    default:
      if ((node.kind & kIndefinite) != 0) {
        out += static_cast<char>((major << 5U) | 31U);
      } else {
        write_head(out, major, kind_of(node) == kMap ? (node.children.size() + 1) / 2 : node.children.size());
      }
  }
  for (const Node& each : node.children) write_item(each, out);
  // The value of a name that has lost it.
  const bool odd = kind_of(node) == kMap && node.children.size() % 2 != 0;
  if (odd || (kind_of(node) == kTag && node.children.empty())) out += '\xf6';
  if (kind_of(node) != kTag && (node.kind & kIndefinite) != 0) out += '\xff';
}

Node text(std::string_view content) {
  return {kString | (3U << kMajorShift), std::string(content)};
}

Node invent_item(const Node& /*parent*/, Random& random) {
  constexpr std::array<std::string_view, 12> kNames{"certificateId",
                                                    "certificatePem",
                                                    "certificateOwnershipToken",
                                                    "privateKey",
                                                    "thingName",
                                                    "deviceConfiguration",
                                                    "statusCode",
                                                    "errorCode",
                                                    "errorMessage",
                                                    "parameters",
                                                    "certificateSigningRequest",
                                                    ""};
  constexpr std::array<std::string_view, 10> kAtoms{std::string_view("\x00", 1),
                                                    " ",
                                                    "\xf4",
                                                    "\xf5",
                                                    "\xf6",
                                                    "\xf7",
                                                    "\xf9\x7e",
                                                    "\xfb\x7f\xf0\x01\x02\x03\x04\x05\x06",
                                                    "\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
                                                    "\x3b\xff\xff\xff\xff\xff\xff\xff\xff"};
  const std::uint32_t indefinite = random() % 2 == 0 ? kIndefinite : 0;
  switch (random() % 8) {
    case 0: return {kAtom, std::string(kAtoms[random() % kAtoms.size()])};
    case 1: return {kArray | (4U << kMajorShift) | indefinite, {}, {text("a"), text("b")}};
    case 2: return {kMap | (5U << kMajorShift) | indefinite, {}, {text("a"), text("b")}};
    case 3: return {kChunks | (3U << kMajorShift) | kIndefinite, {}, {text("thing"), text("Name")}};
    case 4: return {kString | (2U << kMajorShift), "bytes"};
    case 5: return {kTag | (6U << kMajorShift), "\xc1", {text("x")}};
    default: return text(kNames[random() % kNames.size()]);
  }
}

}  // namespace

Format cbor_format(std::size_t prefix) {
  return {
      .read = [](std::string_view bytes) -> std::optional<Node> {
        Reader reader(bytes);
        auto tree = reader.item(0);
        return reader.at_end() ? std::move(tree) : std::nullopt;
      },
      .write =
          [](const Node& tree) {
            std::string out;
            write_item(tree, out);
            return out;
          },
      .invent = invent_item,
      .has_content = [](const Node& node) { return kind_of(node) == kString || kind_of(node) == kAtom; },
      .prefix = prefix,
  };
}

}  // namespace fleet_provision::mutators
