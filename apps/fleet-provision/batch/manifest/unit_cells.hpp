// What the cells of a row say of its unit itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/manifest/columns.hpp"
#include "batch/manifest/unit_files.hpp"

namespace fleet_provision::batch {

/// The cell of an option, or null.
[[nodiscard]] inline const Cell* cell_with(const Columns& columns, const std::vector<Cell>& cells, OptionId id) {
  for (const Cell& each : cells) {
    if (columns[each.column].option == id) return &each;
  }
  return nullptr;
}

/// The absolute path of --state-dir in the row, else `OUTPUT_DIR/units/NAME`.
[[nodiscard]] inline std::string state_directory_of(const Columns& columns, const std::vector<Cell>& cells,
                                                    const std::string& output_dir, const std::string& name) {
  const Cell* given = cell_with(columns, cells, OptionId::kStateDir);
  return given != nullptr ? absolute_path_of(given->value) : output_dir + "/units/" + name;
}

}  // namespace fleet_provision::batch
