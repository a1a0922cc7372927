// The state directories that a manifest names: each of one unit only, and none inside another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/manifest/error_list.hpp"
#include "batch/name_table.hpp"

namespace fleet_provision::batch {

class StateDirectories {
 public:
  /// `output_dir` is absolute.
  explicit StateDirectories(const std::string& output_dir);

  /// A --state-dir of the manifest. `position` is that of its cell, for messages.
  void note(const std::string& path, std::size_t line, std::size_t column, const std::string& position,
            ErrorList& errors);
  /// After the last row. `line_of_default` gives the line of the unit of that name if its state directory is
  /// `units/NAME`.
  void check(const std::function<std::optional<std::size_t>(std::string_view)>& line_of_default, ErrorList& errors);

 private:
  struct Named {
    std::uint32_t line;
    std::uint32_t column;
  };
  /// Resolved; compared by resolved path, so that links and dots do not hide that two are one.
  NameTable paths_;
  std::vector<Named> named_;
  std::string units_dir_;
};

}  // namespace fleet_provision::batch
