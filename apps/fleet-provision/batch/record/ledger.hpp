// What a batch has to know of all results, in little memory: what a rerun skips, and which thing names are taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "batch/name_table.hpp"
#include "batch/record/unit_result.hpp"

namespace fleet_provision::batch {

class Ledger {
 public:
  /// The last result of a unit.
  struct Entry {
    /// Unit::digest as a number; 0 if it was none.
    std::uint64_t digest = 0;
    UnitOutcome outcome = UnitOutcome::kFailed;
  };

  /// A later result of a unit replaces an earlier one.
  void add(const UnitResult& result);
  [[nodiscard]] const Entry* find(std::string_view unit) const;
  /// The unit that was provisioned with this thing name first. Valid until the next `add`.
  [[nodiscard]] std::optional<std::string_view> unit_with_thing(std::string_view thing_name) const;

  /// Whether any result is not a failure.
  [[nodiscard]] bool has_provisioned() const { return has_provisioned_; }
  /// The number of units that have a result.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Units are numbered from 0 in the order of their first results.
  [[nodiscard]] std::string_view name(NameTable::Number unit) const { return names_.name(unit); }

 private:
  NameTable names_;
  std::vector<Entry> entries_;
  bool has_provisioned_ = false;
  NameTable things_;
  /// The unit of each thing name.
  std::vector<NameTable::Number> thing_units_;
};

}  // namespace fleet_provision::batch
