// The columns of a manifest: which name is a template parameter, which an option of a run; and the pattern of --unit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

struct Column {
  std::string name;
  /// nullopt: a template parameter.
  std::optional<OptionId> option = {};
  /// The name is an error; its values are not looked at.
  bool is_ignored = false;
};

/// Whether a manifest may give this option to a unit.
[[nodiscard]] bool may_be_column(OptionId id);

/// What a name stands for. Fails with kManifestUnusable; the message has no position.
[[nodiscard]] Result<Column> parse_column(const std::string& name);

/// A value of one column. Values that are not given are not held.
struct Cell {
  std::uint32_t column;
  std::string value;
};

/// In the order of the header, or in JSON Lines in the order in which keys came first.
class Columns {
 public:
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
  std::uint32_t add(Column column);
  [[nodiscard]] const Column& operator[](std::uint32_t number) const { return all_[number]; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] bool has(OptionId id) const;
  /// The name that is nearest to `name` by spelling, or empty.
  [[nodiscard]] std::string_view nearest_to(std::string_view name) const;

 private:
  std::vector<Column> all_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

/// --unit, split at its placeholders.
class UnitPattern {
 public:
  /// kUsage for unmatched braces. nullopt stands for the first column.
  [[nodiscard]] static Result<UnitPattern> parse(const std::optional<std::string>& text);

  /// Names in placeholders that are no columns.
  [[nodiscard]] std::vector<std::string> unknown(const Columns& columns) const;
  /// The text with each placeholder filled from `cells`; a column without a value is empty text.
  [[nodiscard]] std::string fill(const Columns& columns, const std::vector<Cell>& cells) const;
  /// The column that alone makes the name; nullopt for a longer pattern.
  [[nodiscard]] std::optional<std::uint32_t> only_column(const Columns& columns) const;

 private:
  struct Part {
    bool is_column = false;
    std::string text;
  };
  /// Empty: the first column.
  std::vector<Part> parts_;
};

/// Fails unless `name` has 1 to 128 of `[A-Za-z0-9:._-]` and no leading dot, so that it can name a directory.
[[nodiscard]] Result<void> check_unit_name(std::string_view name);

}  // namespace fleet_provision::batch
