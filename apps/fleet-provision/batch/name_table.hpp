// Names with consecutive numbers, held in one piece of memory: a batch of 100 000 units may hold nothing else of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::batch {

class NameTable {
 public:
  using Number = std::uint32_t;

  /// The number of the name, and whether it is new. Numbers begin at 0. Throws std::length_error after 2^32 - 2 names
  /// or 4 GiB of text.
  std::pair<Number, bool> add(std::string_view name);
  [[nodiscard]] std::optional<Number> find(std::string_view name) const;
  /// Valid until the next `add`.
  [[nodiscard]] std::string_view name(Number number) const;
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

 private:
  [[nodiscard]] std::size_t slot_of(std::string_view name) const;
  void grow();

  std::string text_;
  /// The end of each name in `text_`.
  std::vector<std::uint32_t> ends_;
  /// A hash table with open addressing; a slot holds a number plus one, or 0.
  std::vector<std::uint32_t> slots_;
};

/// FNV-1a with 64 bits (draft-eastlake-fnv, section 2).
[[nodiscard]] std::uint64_t fnv1a(std::string_view bytes);

}  // namespace fleet_provision::batch
