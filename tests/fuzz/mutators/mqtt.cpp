// MQTT packets (OASIS MQTT 3.1.1 and 5.0), in MQTT 5 with their properties. The first byte of the input is the
// target's: its lowest bit says which version follows.
#include <array>

#include "mqtt/reader.hpp"
#include "tests/fuzz/mutators/formats.hpp"

namespace fleet_provision::mutators {
namespace {

enum Kind : std::uint32_t { kInput, kPacket, kRaw, kText, kProperties, kProperty };
/// Beside the kind: the first byte of a packet, the identifier of a property.
constexpr std::uint32_t kShift = 8;

std::uint32_t kind_of(const Node& node) {
  return node.kind & 0xFF;
}

Node raw(std::string_view bytes) {
  return {kRaw, std::string(bytes)};
}
Node text(std::string_view bytes) {
  return {kText, std::string(bytes)};
}
Node property(std::uint32_t identifier, std::string_view bytes, std::vector<Node> texts = {}) {
  return {kProperty | (identifier << kShift), std::string(bytes), std::move(texts)};
}
Node packet(std::uint32_t first, std::vector<Node> fields) {
  return {kPacket | (first << kShift), {}, std::move(fields)};
}

/// MQTT 5.0 section 2.2.2.2: the bytes of a value; 0 for a text, 1 for two texts, 9 for a variable integer.
int size_of_property(std::uint32_t identifier) {
  switch (identifier) {
    case 1:
    case 23:
    case 25:
    case 36:
    case 37:
    case 40:
    case 41:
    case 42: return -1;
    case 19:
    case 33:
    case 34:
    case 35: return -2;
    case 2:
    case 17:
    case 24:
    case 39: return -4;
    case 11: return 9;
    case 38: return 1;
    default: return 0;
  }
}

void read_property(MqttReader& reader, Node& properties) {
  const std::uint32_t identifier = reader.byte();
  const int size = size_of_property(identifier);
  if (size < 0) {
    properties.children.push_back(property(identifier, reader.take(static_cast<std::size_t>(-size))));
  } else if (size == 9) {
    std::string value;
    do value += static_cast<char>(reader.byte());
    while (reader.good() && (value.back() & 0x80) != 0 && value.size() < 4);
    properties.children.push_back(property(identifier, value));
  } else {
    Node node = property(identifier, {});
    for (int i = 0; i <= size; ++i) node.children.push_back(text(reader.take(reader.two_bytes())));
    properties.children.push_back(std::move(node));
  }
}

Node read_properties(MqttReader& reader) {
  Node node{kProperties, {}};
  MqttReader inner(reader.take(reader.variable_integer()));
  while (inner.good() && !inner.at_end()) read_property(inner, node);
  if (!inner.good()) reader.spoil();
  return node;
}

/// The fields of a packet of the server before what is left of it.
void read_fields(MqttReader& reader, unsigned first, bool v5, Node& node) {
  auto& fields = node.children;
  const auto properties = [&] {
    if (v5 && !reader.at_end()) fields.push_back(read_properties(reader));
  };
  switch (first >> 4U) {
    case 2: fields.push_back(raw(reader.take(2))); return properties();
    case 3:
      fields.push_back(text(reader.take(reader.two_bytes())));
      if ((first & 6U) != 0) fields.push_back(raw(reader.take(2)));
      return properties();
    case 4:
      fields.push_back(raw(reader.take(2)));
      if (!reader.at_end()) fields.push_back(raw(reader.take(1)));
      return properties();
    case 9: fields.push_back(raw(reader.take(2))); return properties();
    case 14:
      if (!reader.at_end()) fields.push_back(raw(reader.take(1)));
      return properties();
    default: return;
  }
}

Node read_packet(unsigned first, std::string_view body, bool v5) {
  Node node = packet(first, {});
  MqttReader reader(body);
  read_fields(reader, first, v5, node);
  if (!reader.good()) return packet(first, {raw(body)});
  node.children.push_back(raw(reader.take(reader.left())));
  return node;
}

std::optional<Node> read(std::string_view input) {
  if (input.empty()) return std::nullopt;
  Node root{kInput, std::string(input.substr(0, 1))};
  const bool v5 = (static_cast<unsigned char>(input[0]) & 1U) != 0;
  MqttReader reader(input.substr(1));
  while (!reader.at_end()) {
    const unsigned first = reader.byte();
    const std::string_view body = reader.take(reader.variable_integer());
    if (!reader.good()) return std::nullopt;
    root.children.push_back(read_packet(first, body, v5));
  }
  return root.children.empty() ? std::nullopt : std::optional(std::move(root));
}

void write_size(std::size_t size, std::string& out) {
  do {
    const std::size_t part = size & 127U;
    size >>= 7U;
    out += static_cast<char>(part | (size > 0 ? 128U : 0U));
  } while (size > 0);
}

void write_node(const Node& node, std::string& out) {
  std::string inner = kind_of(node) == kProperties || kind_of(node) == kPacket ? "" : node.bytes;
  for (const Node& each : node.children) write_node(each, inner);
  const auto selected = static_cast<char>(node.kind >> kShift);
  if (kind_of(node) == kPacket || kind_of(node) == kProperty) out += selected;
  if (kind_of(node) == kPacket || kind_of(node) == kProperties) write_size(inner.size(), out);
  if (kind_of(node) == kText) out += {static_cast<char>(inner.size() >> 8U), static_cast<char>(inner.size() & 255U)};
  out += inner;
}

Node invent_property(Random& random) {
  constexpr std::array<std::uint32_t, 28> kIdentifiers{1,  2,  3,  8,  9,  11, 17, 18, 19, 21, 22, 23, 24, 25,
                                                       26, 28, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 127};
  const std::uint32_t identifier = kIdentifiers[random() % kIdentifiers.size()];
  const int size = size_of_property(identifier);
  if (size < 0)
    return property(identifier, std::string(static_cast<std::size_t>(-size), static_cast<char>(random() % 4)));
  if (size == 9) return property(identifier, "\x07");
  if (size == 1) return property(identifier, {}, {text("name"), text("value")});
  return property(identifier, {}, {text("because")});
}

Node invent_part(const Node& parent, Random& random) {
  const Node properties{kProperties, {}, {invent_property(random), invent_property(random)}};
  const std::string code(1, static_cast<char>(random() % 2 == 0 ? 0 : 128 + random() % 36));
  if (kind_of(parent) == kProperties) return invent_property(random);
  if (kind_of(parent) != kInput) return random() % 2 == 0 ? properties : raw(code);
  switch (random() % 8) {
    case 0: return packet(0x20, {raw(std::string_view("\0", 1)), raw(code), properties});
    case 1: return packet(0x90, {raw(std::string_view("\0\1", 2)), properties, raw(std::string_view("\1\1", 2))});
    case 2: return packet(0x30, {text("t/a"), properties, raw("{}")});
    case 3: return packet(0x32, {text("t/r"), raw(std::string_view("\0\5", 2)), properties, raw("{}")});
    case 4: return packet(0x40, {raw(std::string_view("\0\2", 2)), raw(code), properties});
    case 5: return packet(0xE0, {raw(code), properties});
    case 6: return packet(0xD0, {});
    default: return packet(0xF0, {raw(code), properties});
  }
}

}  // namespace

Format mqtt_format(std::size_t prefix) {
  return {
      .read = read,
      .write =
          [](const Node& tree) {
            std::string out;
            write_node(tree, out);
            return out;
          },
      .invent = invent_part,
      .has_content =
          [](const Node& node) {
            const std::uint32_t kind = kind_of(node);
            return kind == kRaw || kind == kText || (kind == kProperty && node.children.empty());
          },
      .prefix = prefix,
  };
}

}  // namespace fleet_provision::mutators
