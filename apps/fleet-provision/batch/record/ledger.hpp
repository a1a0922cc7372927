// The last result of each unit, in little memory: what a rerun skips, which thing names are taken, what reports show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/name_table.hpp"
#include "batch/record/unit_result.hpp"

namespace fleet_provision::batch {

class Ledger {
 public:
  struct Entry {
    /// The place of the unit's last line in the file that `file` numbers.
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    std::uint32_t duration_ms = 0;
    /// Seconds since 1970.
    std::int64_t finished_at = 0;
    std::uint64_t digest = 0;
    std::uint16_t file = 0;
    /// Index into `kinds()`; 0 is no error.
    std::uint16_t kind = 0;
    UnitOutcome outcome = UnitOutcome::kFailed;
    bool retryable = false;
  };

  /// Records the line at [offset, offset + length) of file `file`. A later line of a unit replaces an earlier one.
  void add(const UnitResult& result, std::uint64_t offset, std::uint32_t length, std::uint16_t file = 0);
  [[nodiscard]] const Entry* find(std::string_view unit) const;
  /// The unit that was provisioned with this thing name first.
  [[nodiscard]] std::optional<std::string_view> unit_with_thing(std::string_view thing_name) const;

  /// All units that have a result, in the order of their first one.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::string_view name(NameTable::Number unit) const { return names_.name(unit); }
  [[nodiscard]] const Entry& entry(NameTable::Number unit) const { return entries_[unit]; }
  /// The words of the kinds; kinds()[0] is empty. After 1000 of them the last is `other`.
  [[nodiscard]] const std::vector<std::string>& kinds() const { return kinds_; }

 private:
  [[nodiscard]] std::uint16_t number_of_kind(const std::string& kind);

  NameTable names_;
  std::vector<Entry> entries_;
  NameTable things_;
  /// The unit of each thing name.
  std::vector<NameTable::Number> thing_units_;
  std::vector<std::string> kinds_{""};
};

}  // namespace fleet_provision::batch
