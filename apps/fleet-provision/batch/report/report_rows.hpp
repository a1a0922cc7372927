// The results that a report shows: one for each unit, from one output directory or from several.
//
// The files are read twice. The first pass keeps 40 bytes and the name of each unit, and where its line is; the second
// reads the lines again, one by one, as they are written. A line that a running batch appends later is not seen.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/name_table.hpp"
#include "batch/record/append_file.hpp"
#include "batch/record/batch_facts.hpp"
#include "batch/record/unit_result.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Where a report's units come from.
struct ReportSource {
  /// The output directory as given.
  std::string directory;
  /// nullopt without a batch.json.
  std::optional<BatchFacts> facts;
  std::unique_ptr<AppendFile> results;
};

class ReportRows {
 public:
  using Number = NameTable::Number;

  struct Row {
    std::uint64_t offset = 0;
    /// fnv1a of the thing name; 0 without one.
    std::uint64_t thing = 0;
    /// Seconds since 1970.
    std::int64_t finished_at = 0;
    /// Of the line without its line feed; 0 if the unit has no result yet (while a source is read).
    std::uint32_t length = 0;
    std::uint32_t duration_ms = 0;
    /// Index of the source.
    std::uint16_t source = 0;
    /// Index into kinds().
    std::uint16_t kind = 0;
    UnitOutcome outcome = UnitOutcome::kFailed;
    bool retryable = false;
  };

  /// A unit that was provisioned in two directories with two certificates.
  struct TwoIdentities {
    Number unit;
    std::uint16_t sources[2];
    std::string certificate_ids[2];
  };

  /// Reads all sources. A later line of a unit replaces an earlier one of the same source; of the results of several
  /// sources a provisioned one counts before a failed one, then the later one. `warnings` names damaged lines.
  [[nodiscard]] static Result<ReportRows> read(std::vector<ReportSource>& sources, std::vector<std::string>& warnings);

  /// In the order of the units' first results; sources one after the other.
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] const Row& row(Number unit) const { return rows_[unit]; }
  [[nodiscard]] std::string_view name(Number unit) const { return names_.name(unit); }
  /// The words of the kinds; kinds()[0] is empty: no error.
  [[nodiscard]] const std::vector<std::string>& kinds() const { return kinds_; }
  /// The number of units with a result in any of these sources.
  [[nodiscard]] std::size_t units_in(const std::vector<std::size_t>& sources) const;
  /// The first ones, and how many there are.
  [[nodiscard]] const std::vector<TwoIdentities>& two_identities() const { return two_identities_; }
  [[nodiscard]] std::size_t two_identities_count() const { return two_identities_count_; }
  /// The earliest start, in seconds since 1970; 0 without results.
  [[nodiscard]] std::int64_t first_start() const { return first_start_; }
  /// The line again, as a result.
  [[nodiscard]] Result<UnitResult> result(Number unit) const;

 private:
  explicit ReportRows(std::vector<ReportSource>& sources) : sources_(&sources) {}
  [[nodiscard]] Result<void> read_source(std::uint16_t source, std::vector<std::string>& warnings);
  void add(std::vector<Row>& rows, const UnitResult& result, const Row& place);
  [[nodiscard]] std::uint16_t number_of_kind(const std::string& kind);
  [[nodiscard]] Result<void> merge(std::vector<Row> rows);
  [[nodiscard]] Result<void> compare_identities(Number unit, const Row& one, const Row& other);
  [[nodiscard]] Result<UnitResult> result_at(const Row& row) const;

  std::vector<ReportSource>* sources_;
  NameTable names_;
  std::vector<Row> rows_;
  std::vector<std::string> kinds_{""};
  /// For each source, which units have a result there.
  std::vector<std::vector<bool>> seen_;
  std::vector<TwoIdentities> two_identities_;
  std::size_t two_identities_count_ = 0;
  std::int64_t first_start_ = 0;
};

}  // namespace fleet_provision::batch
