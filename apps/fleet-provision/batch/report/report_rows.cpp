#include "batch/report/report_rows.hpp"

#include <algorithm>

#include "batch/record/results_reader.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kDamagedLinesNamed = 20;
/// Longer durations count as this one. The ends of a histogram fit into 32 bits as well.
constexpr Milliseconds kRowDurationMax = std::chrono::hours(24 * 24);
constexpr std::size_t kTwoIdentitiesKept = 100;
/// This program knows fewer; a file with more was not written by it.
constexpr std::size_t kKindsMax = 300;
constexpr const char* kOtherKinds = "other kinds";

std::int64_t seconds_since_1970(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool is_provisioned(const ReportRows::Row& row) {
  return row.outcome != UnitOutcome::kFailed;
}

}  // namespace

Result<ReportRows> ReportRows::read(std::vector<ReportSource>& sources, std::vector<std::string>& warnings) {
  ReportRows rows(sources);
  for (std::size_t i = 0; i < sources.size(); ++i) FP_TRY(rows.read_source(static_cast<std::uint16_t>(i), warnings));
  return rows;
}

Result<void> ReportRows::read_source(std::uint16_t source, std::vector<std::string>& warnings) {
  AppendFile& file = *(*sources_)[source].results;
  std::vector<Row> rows;
  std::vector<std::string> damaged;
  const auto each = [&](const RecordedLine& line) {
    Row place;
    place.offset = line.offset;
    place.length = line.length;
    place.source = source;
    add(rows, line.result, place);
  };
  FP_TRY(read_results(file, Damage::kLeaveOut, each, damaged));
  if (damaged.size() > kDamagedLinesNamed) {
    const std::size_t others = damaged.size() - kDamagedLinesNamed;
    damaged.resize(kDamagedLinesNamed);
    damaged.push_back(printable(file.path()) + ": " + std::to_string(others) + " further damaged places");
  }
  warnings.insert(warnings.end(), damaged.begin(), damaged.end());
  std::vector<bool>& seen = seen_.emplace_back(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) seen[i] = rows[i].length != 0;
  return merge(std::move(rows));
}

void ReportRows::add(std::vector<Row>& rows, const UnitResult& result, const Row& place) {
  const Number unit = names_.add(result.unit).first;
  if (rows.size() < names_.size()) rows.resize(names_.size());
  Row& row = rows[unit];
  row = place;
  row.thing = result.thing_name ? std::max<std::uint64_t>(fnv1a(*result.thing_name), 1) : 0;
  row.finished_at = seconds_since_1970(result.finished_at);
  row.duration_ms =
      static_cast<std::uint32_t>(std::clamp<Milliseconds::rep>(result.duration.count(), 0, kRowDurationMax.count()));
  row.kind = number_of_kind(result.kind);
  row.outcome = result.outcome;
  row.retryable = result.retryable;
  const std::int64_t start = seconds_since_1970(result.started_at);
  first_start_ = first_start_ == 0 ? start : std::min(first_start_, start);
}

std::uint16_t ReportRows::number_of_kind(const std::string& kind) {
  auto found = std::find(kinds_.begin(), kinds_.end(), kind);
  if (found == kinds_.end()) {
    if (kinds_.size() < kKindsMax) kinds_.push_back(kinds_.size() + 1 < kKindsMax ? kind : kOtherKinds);
    found = kinds_.end() - 1;
  }
  return static_cast<std::uint16_t>(found - kinds_.begin());
}

/// Takes the results of one more source.
Result<void> ReportRows::merge(std::vector<Row> rows) {
  if (rows_.empty()) {
    rows_ = std::move(rows);
    return {};
  }
  rows_.resize(names_.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& added = rows[i];
    Row& row = rows_[i];
    if (added.length == 0) continue;
    if (row.length != 0 && is_provisioned(row) && is_provisioned(added)) {
      FP_TRY(compare_identities(static_cast<Number>(i), row, added));
    }
    const bool better =
        is_provisioned(added) != is_provisioned(row) ? is_provisioned(added) : added.finished_at >= row.finished_at;
    if (row.length == 0 || better) row = added;
  }
  return {};
}

Result<void> ReportRows::compare_identities(Number unit, const Row& one, const Row& other) {
  FP_TRY_ASSIGN(const UnitResult first, result_at(one));
  FP_TRY_ASSIGN(const UnitResult second, result_at(other));
  if (!first.certificate_id || !second.certificate_id || first.certificate_id == second.certificate_id) return {};
  if (++two_identities_count_ > kTwoIdentitiesKept) return {};
  two_identities_.push_back({unit, {one.source, other.source}, {*first.certificate_id, *second.certificate_id}});
  return {};
}

Result<UnitResult> ReportRows::result_at(const Row& row) const {
  FP_TRY_ASSIGN(const std::string line, (*sources_)[row.source].results->read(row.offset, row.length));
  return parse_result_line(line);
}

std::size_t ReportRows::units_in(const std::vector<std::size_t>& sources) const {
  std::size_t count = 0;
  for (std::size_t unit = 0; unit < rows_.size(); ++unit) {
    count += std::any_of(sources.begin(), sources.end(),
                         [&](std::size_t source) { return unit < seen_[source].size() && seen_[source][unit]; });
  }
  return count;
}

Result<UnitResult> ReportRows::result(Number unit) const {
  return result_at(rows_[unit]);
}

}  // namespace fleet_provision::batch
