// The units of a batch, from a manifest that is read once and checked as a whole.
//
// The manifest (a file, or stdin) is copied to an unnamed file in the output directory, so that a batch goes on with
// what it checked, whatever happens to the original. In memory are the names of the units and the places of their rows;
// a row is read again when its unit starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/system/interrupt.hpp"
#include "batch/batch_settings.hpp"
#include "batch/manifest/columns.hpp"
#include "batch/manifest/manifest_copy.hpp"
#include "batch/manifest/unit_options.hpp"
#include "batch/name_table.hpp"
#include "config/options.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"

namespace fleet_provision::batch {

/// What one unit is given: all that its child process needs besides the options of the whole batch.
struct Unit {
  std::string name;
  /// The line of the manifest where its row begins, counted from 1.
  std::size_t line = 0;
  /// The unit's state directory, absolute.
  std::string state_dir;
  /// The arguments of the child after the program's name, --json and --state-dir included.
  std::vector<std::string> arguments;
  /// 16 hexadecimal digits over the row's parameters and options: two runs of a batch gave the unit the same.
  std::string digest;
  /// How long a run of this unit may take: its --splay and --timeout.
  Milliseconds time_limit{0};
};

class Manifest {
 public:
  using Number = NameTable::Number;

  /// The units of this shard; numbers begin at 0, in the order of the manifest.
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::string_view name(Number unit) const { return names_.name(rows_[unit].name); }
  [[nodiscard]] std::size_t line(Number unit) const { return rows_[unit].line; }
  /// Reads the row again. Fails if the copy of the manifest cannot be read.
  [[nodiscard]] Result<Unit> unit(Number number) const;
  /// The digest of that unit as a number, which takes less time.
  [[nodiscard]] Result<std::uint64_t> digest(Number unit) const;
  /// The number of units in the whole manifest.
  [[nodiscard]] std::size_t size_of_all_shards() const { return names_.size(); }
  /// About the options of the whole batch, e.g. an empty parameter.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class ManifestReader;
  [[nodiscard]] Result<std::vector<Cell>> cells(Number unit) const;
  struct Row {
    std::uint64_t offset;
    std::uint32_t length;
    std::uint32_t line;
    NameTable::Number name;
  };

  ManifestFormat format_ = ManifestFormat::kCsv;
  /// Absolute.
  std::string output_dir_;
  Columns columns_;
  /// Of each field in CSV: its column; nullopt for a field that is ignored.
  std::vector<std::optional<std::uint32_t>> header_;
  std::optional<UnitOptions> options_;
  std::optional<ManifestCopy> copy_;
  NameTable names_;
  std::vector<Row> rows_;
  std::vector<std::string> warnings_;
};

/// Reads and checks the whole manifest: each row as the options of a run, its files, and what may be used once only.
/// `output_dir` is open. Gives the manifest, or every error once, in the order of lines: what is wrong in the manifest
/// is kManifestUnusable and names file, line and column; what is wrong in the options of the whole batch comes first
/// and keeps its kind, as do errors of reading. At most kErrorsListedMax are listed, and one more says how many remain.
/// Reading honours the ReadingLimit of the thread, and ends soon after `interrupt` is raised. With `--parameters -`
/// stdin is read from its current offset.
[[nodiscard]] std::variant<Manifest, std::vector<Error>> read_manifest(const Options& options,
                                                                       const BatchSettings& settings,
                                                                       const Environment& environment, int output_dir,
                                                                       const Interrupt& interrupt);

}  // namespace fleet_provision::batch
