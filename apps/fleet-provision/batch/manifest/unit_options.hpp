// The options of one unit: those of the batch, and the cells of its row above them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/manifest/columns.hpp"
#include "config/options.hpp"
#include "config/plan_from_options.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// The name of a cell in messages, by the number of its column.
using CellOrigins = std::vector<std::string>;

class UnitOptions {
 public:
  /// Reads the parameters and the proxy password of the batch, once for all units. Fails with an error of
  /// read_parameters or of the proxy. `warnings` are appended.
  [[nodiscard]] static Result<UnitOptions> from(const Options& batch, const Environment& environment,
                                                std::vector<std::string>& warnings);

  /// The options of the run: a cell overrides every other source. `origins` has an element for each cell.
  [[nodiscard]] Options with(const Columns& columns, const std::vector<Cell>& cells, const CellOrigins& origins,
                             const std::string& state_dir) const;
  /// The checked request of such options; `plan_from_options` and the checks of file names that come before it.
  [[nodiscard]] Result<Request> request(const Options& options) const;
  /// The arguments of the unit's process after the program's name.
  [[nodiscard]] std::vector<std::string> arguments(const Columns& columns, const std::vector<Cell>& cells,
                                                   const std::string& state_dir) const;

 private:
  /// An option of the batch's command line as an argument of a child.
  struct Passed {
    OptionId id;
    /// For -P the name of the parameter.
    std::string parameter;
    std::vector<std::string> words;
  };

  Environment environment_;
  /// As given, for units whose row decides which files are read.
  Options whole_;
  /// Without options that read a file: the parameters are one object, and the proxy password is known to be readable.
  Options folded_;
  std::vector<Passed> passed_;
};

}  // namespace fleet_provision::batch
