// Checks the rows of a manifest as the runs that they will be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "batch/manifest/columns.hpp"
#include "batch/manifest/error_list.hpp"
#include "batch/manifest/unit_options.hpp"
#include "batch/manifest/used_once.hpp"

namespace fleet_provision::batch {

/// A row that can be a unit.
struct CheckedRow {
  std::size_t line = 0;
  const std::vector<Cell>& cells;
  /// In CSV the number of each cell's field, for messages; 0 in JSON Lines.
  const std::vector<std::size_t>& columns;
  std::string state_dir;
  /// Whether this station runs the unit; only then its files must be here.
  bool in_shard = true;
};

class RowCheck {
 public:
  /// The arguments outlive this object.
  RowCheck(const UnitOptions& unit_options, const Columns& columns, UsedOnce& used, ErrorList& errors)
      : unit_options_(unit_options), columns_(columns), used_(used), errors_(errors) {}

  /// Adds all errors of the row: after an error the option at fault is removed, and the rest is checked again.
  void check(const CheckedRow& row);

 private:
  /// A setting that an error names.
  struct Culprit {
    OptionId id;
    std::size_t index = 0;
    /// Of the row's cells; nullopt for a setting of the batch.
    std::optional<std::size_t> cell;
  };

  [[nodiscard]] std::optional<Culprit> culprit_of(const Error& error, const Options& options) const;
  void refuse_stdin(Options& options);
  void take_out(const Culprit& culprit, Options& options);
  static bool stand_in_for(const Error& error, Options& options);
  void report(const Error& error, const std::optional<Culprit>& culprit);
  void report_at_cell(std::size_t cell, std::string message, std::string hint);
  void check_request(const Options& options, const Request& request);
  void check_files(const Options& options, const Request& request);
  void check_uses(const Options& options, const Request& request);
  void use_key(const Options& options, const std::string& reference);
  void use_handle(const Options& options, OptionId id, std::uint32_t handle);
  void use(Once what, OptionId id, const Options& options, const std::string& text, const std::string& shown);
  [[nodiscard]] std::optional<std::size_t> cell_of(const Options& options, OptionId id) const;

  const UnitOptions& unit_options_;
  const Columns& columns_;
  UsedOnce& used_;
  ErrorList& errors_;
  const CheckedRow* row_ = nullptr;
  CellOrigins origins_;
  /// An option of the claim was an error, so that a missing claim is none.
  bool claim_is_at_fault_ = false;
  /// The options of the batch whose files were looked at.
  std::set<OptionId> files_of_batch_;
};

}  // namespace fleet_provision::batch
