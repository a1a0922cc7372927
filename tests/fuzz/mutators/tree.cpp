#include "tests/fuzz/mutators/tree.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

/// Of libFuzzer; tests have one of their own.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace fleet_provision::mutators {
namespace {

constexpr unsigned kChangesMax = 4;
constexpr std::size_t kLeafGrowthMax = 64;
constexpr std::size_t kDepthMax = 80;

std::size_t below(std::size_t limit, Random& random) {
  return limit == 0 ? 0 : random() % limit;
}

/// All nodes in the order in which they are written, with the depth of each.
void collect(Node& node, std::vector<Node*>& all, std::size_t depth = 0) {
  all.push_back(&node);
  if (depth == kDepthMax) return;
  for (Node& each : node.children) collect(each, all, depth + 1);
}

std::vector<Node*> nodes_of(Node& tree) {
  std::vector<Node*> all;
  collect(tree, all);
  return all;
}

template <class Wanted>
Node* choose(Node& tree, const Wanted& wanted, Random& random) {
  std::vector<Node*> all = nodes_of(tree);
  all.erase(std::remove_if(all.begin(), all.end(), [&](const Node* each) { return !wanted(*each); }), all.end());
  return all.empty() ? nullptr : all[below(all.size(), random)];
}

bool has_children(const Node& node) {
  return !node.children.empty();
}

void change_content(const Format& format, Node& tree, Random& random) {
  Node* leaf = choose(tree, format.has_content, random);
  if (leaf == nullptr) return;
  const std::size_t size = leaf->bytes.size();
  leaf->bytes.resize(size + kLeafGrowthMax);
  leaf->bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(leaf->bytes.data()), size, leaf->bytes.size()));
}

void remove_part(Node& tree, Random& random) {
  Node* parent = choose(tree, has_children, random);
  if (parent == nullptr) return;
  parent->children.erase(parent->children.begin() +
                         static_cast<std::ptrdiff_t>(below(parent->children.size(), random)));
}

void add_part(Node& tree, Node part, Random& random, Node* parent) {
  if (parent == nullptr) parent = choose(tree, has_children, random);
  if (parent == nullptr) return;
  const std::size_t at = below(parent->children.size() + 1, random);
  parent->children.insert(parent->children.begin() + static_cast<std::ptrdiff_t>(at), std::move(part));
}

Node copy_of_part(Node& tree, Random& random) {
  const auto all = nodes_of(tree);
  return *all[below(all.size(), random)];
}

void exchange_parts(Node& tree, Random& random) {
  Node* parent = choose(tree, has_children, random);
  if (parent == nullptr) return;
  std::swap(parent->children[below(parent->children.size(), random)],
            parent->children[below(parent->children.size(), random)]);
}

void replace_part(Node& tree, Node part, Random& random) {
  Node* parent = choose(tree, has_children, random);
  if (parent != nullptr) parent->children[below(parent->children.size(), random)] = std::move(part);
}

void change(const Format& format, Node& tree, Random& random) {
  switch (random() % 10) {
    case 0: return remove_part(tree, random);
    case 1: return add_part(tree, copy_of_part(tree, random), random, nullptr);
    case 2: return exchange_parts(tree, random);
    case 3: return replace_part(tree, copy_of_part(tree, random), random);
    case 4: return replace_part(tree, format.invent(tree, random), random);
    case 5: {
      Node* parent = choose(tree, has_children, random);
      if (parent == nullptr) return;
      Node invented = format.invent(*parent, random);
      return add_part(tree, std::move(invented), random, parent);
    }
    default: return change_content(format, tree, random);
  }
}

/// Nothing if the tree has become too long.
std::size_t put(std::string_view prefix, const std::string& text, std::uint8_t* out, std::size_t out_max) {
  if (prefix.size() + text.size() > out_max) return 0;
  std::copy(prefix.begin(), prefix.end(), out);
  std::copy(text.begin(), text.end(), out + prefix.size());
  return prefix.size() + text.size();
}

std::optional<Node> read(const Format& format, std::string_view input) {
  if (input.size() <= format.prefix) return std::nullopt;
  return format.read(input.substr(format.prefix));
}

}  // namespace

std::size_t mutate(const Format& format, std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed) {
  Random random(seed + 1);
  random.discard(1);
  const std::string input(reinterpret_cast<const char*>(data), size);
  auto tree = random() % 4 == 0 ? std::nullopt : read(format, input);
  if (!tree) return LLVMFuzzerMutate(data, size, size_max);
  std::string prefix = input.substr(0, format.prefix);
  if (!prefix.empty() && random() % 16 == 0) prefix[below(prefix.size(), random)] = static_cast<char>(random() % 256);
  for (std::size_t left = 1 + below(kChangesMax, random); left > 0; --left) change(format, *tree, random);
  const std::size_t written = put(prefix, format.write(*tree), data, size_max);
  return written != 0 ? written : LLVMFuzzerMutate(data, size, size_max);
}

std::size_t cross(const Format& format, std::string_view first, std::string_view second, std::uint8_t* out,
                  std::size_t out_max, unsigned seed) {
  Random random(seed + 1);
  random.discard(1);
  auto tree = read(format, first);
  auto other = read(format, second);
  if (!tree || !other) return 0;
  Node part = copy_of_part(*other, random);
  if (random() % 2 == 0) {
    replace_part(*tree, std::move(part), random);
  } else {
    add_part(*tree, std::move(part), random, nullptr);
  }
  return put(first.substr(0, format.prefix), format.write(*tree), out, out_max);
}

}  // namespace fleet_provision::mutators
