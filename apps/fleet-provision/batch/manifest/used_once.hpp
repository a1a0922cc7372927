// What may be used once only in a whole manifest, with the line of its first use.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "batch/name_table.hpp"

namespace fleet_provision::batch {

enum class Once : unsigned char { kCsr, kCsrContent, kKey, kClientId, kTokenObject, kTpmHandle };
inline constexpr std::size_t kOnceCount = static_cast<std::size_t>(Once::kTpmHandle) + 1;

class UsedOnce {
 public:
  /// Notes the use; gives the line of the first one if that is another line.
  [[nodiscard]] std::optional<std::size_t> note(Once what, std::string_view text, std::size_t line) {
    Table& table = tables_[static_cast<std::size_t>(what)];
    const auto [number, is_new] = table.names.add(text);
    if (is_new) table.lines.push_back(static_cast<std::uint32_t>(line));
    return table.lines[number] == line ? std::nullopt : std::optional<std::size_t>(table.lines[number]);
  }

 private:
  struct Table {
    NameTable names;
    std::vector<std::uint32_t> lines;
  };
  std::array<Table, kOnceCount> tables_;
};

}  // namespace fleet_provision::batch
