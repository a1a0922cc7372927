// Inputs as trees, for formats in which a changed byte is soon rejected: lengths that must fit, brackets that must
// close.
//
// A Format reads the bytes of an input into a tree and writes a tree as bytes, with all lengths made to fit. The
// mutator changes the tree: it removes, repeats, exchanges and nests parts, and has libFuzzer change the bytes of a
// leaf, so that its dictionary and what it learned from comparisons are used there.
// formats.hpp names the formats; CMake gives a target the one that it names (entries.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::mutators {

struct Node {
  /// What the format needs to write the node again: a tag, a type, flags.
  std::uint32_t kind = 0;
  /// A leaf: its content, which may be changed byte by byte. Else what stands before the children.
  std::string bytes;
  std::vector<Node> children = {};
};

using Random = std::minstd_rand;

struct Format {
  /// Nothing for bytes that are not of this format.
  std::function<std::optional<Node>(std::string_view bytes)> read;
  std::function<std::string(const Node& tree)> write;
  /// A new part, as it could stand below `parent`.
  std::function<Node(const Node& parent, Random& random)> invent;
  /// Whether libFuzzer may change the bytes of this node.
  std::function<bool(const Node& node)> has_content = [](const Node& node) { return node.children.empty(); };
  /// Bytes at the begin of an input that select how a target reads the rest.
  std::size_t prefix = 0;
};

/// Changes an input in place; gives its new size. Of four calls one changes the bytes without regard to the format, so
/// that what is malformed is tried too.
std::size_t mutate(const Format& format, std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed);
/// Puts a part of the second input into the first.
std::size_t cross(const Format& format, std::string_view first, std::string_view second, std::uint8_t* out,
                  std::size_t out_max, unsigned seed);

}  // namespace fleet_provision::mutators
