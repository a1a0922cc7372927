#include "batch/report/report_rows.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kReportReadBytes = 256UL * 1024;
/// No result is longer; what is longer is damaged.
constexpr std::size_t kResultLineBytesMax = 4UL * 1024 * 1024;
constexpr std::size_t kTwoIdentitiesKept = 100;

std::int64_t seconds_since_1970(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool is_provisioned(const ReportRows::Row& row) {
  return row.outcome != UnitOutcome::kFailed;
}

/// Calls `take(offset, line, number)` for each line that ends in a line feed.
template <class Take>
Result<void> each_line(AppendFile& file, Take take) {
  FP_TRY_ASSIGN(const std::uint64_t size, file.size());
  std::string buffer;
  std::uint64_t buffer_offset = 0;
  std::size_t number = 0;
  // Whether the beginning of the current line was dropped because the line is too long.
  bool dropped = false;
  while (buffer_offset + buffer.size() < size) {
    const std::uint64_t read_from = buffer_offset + buffer.size();
    FP_TRY_ASSIGN(
        const std::string piece,
        file.read(read_from, static_cast<std::size_t>(std::min<std::uint64_t>(kReportReadBytes, size - read_from))));
    if (piece.empty()) break;
    buffer += piece;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = buffer.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view line = std::string_view(buffer).substr(begin, end - begin);
      take(buffer_offset + begin, dropped ? std::string_view() : line, ++number);
      dropped = false;
    }
    if (buffer.size() - begin > kResultLineBytesMax) {
      dropped = true;
      begin = buffer.size();
    }
    buffer.erase(0, begin);
    buffer_offset += begin;
  }
  return {};
}

}  // namespace

Result<ReportRows> ReportRows::read(std::vector<ReportSource>& sources, std::vector<std::string>& warnings) {
  ReportRows rows(sources);
  for (std::size_t i = 0; i < sources.size(); ++i) FP_TRY(rows.read_source(static_cast<std::uint16_t>(i), warnings));
  return rows;
}

Result<void> ReportRows::read_source(std::uint16_t source, std::vector<std::string>& warnings) {
  ReportSource& from = (*sources_)[source];
  std::vector<Row> rows;
  std::size_t damaged = 0;
  std::size_t first_damaged = 0;
  FP_TRY(each_line(*from.results, [&](std::uint64_t offset, std::string_view line, std::size_t number) {
    const auto result = parse_result_line(line);
    if (!result) {
      if (damaged++ == 0) first_damaged = number;
      return;
    }
    Row place;
    place.offset = offset;
    place.length = static_cast<std::uint32_t>(line.size());
    place.source = source;
    add(rows, *result, place);
  }));
  if (damaged != 0) {
    warnings.push_back(std::to_string(damaged) + (damaged == 1 ? " line of " : " lines of ") +
                       printable(from.directory) + "/results.jsonl " +
                       (damaged == 1 ? "is not a result: line " : "are not results: first line ") +
                       std::to_string(first_damaged));
  }
  units_of_sources_.push_back(static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.length != 0; })));
  return merge(std::move(rows));
}

void ReportRows::add(std::vector<Row>& rows, const UnitResult& result, const Row& place) {
  const Number unit = names_.add(result.unit).first;
  if (rows.size() < names_.size()) rows.resize(names_.size());
  Row& row = rows[unit];
  row = place;
  row.thing = result.thing_name ? std::max<std::uint64_t>(fnv1a(*result.thing_name), 1) : 0;
  row.finished_at = seconds_since_1970(result.finished_at);
  row.duration_ms = static_cast<std::uint32_t>(std::clamp<Milliseconds::rep>(result.duration.count(), 0, UINT32_MAX));
  auto kind = std::find(kinds_.begin(), kinds_.end(), result.kind);
  // A file of this program has few kinds; what another file has too many of counts as the last one.
  if (kind == kinds_.end()) kind = kinds_.size() < UINT16_MAX ? kinds_.insert(kind, result.kind) : kinds_.end() - 1;
  row.kind = static_cast<std::uint16_t>(kind - kinds_.begin());
  row.outcome = result.outcome;
  row.retryable = result.retryable;
  const std::int64_t start = seconds_since_1970(result.started_at);
  first_start_ = first_start_ == 0 ? start : std::min(first_start_, start);
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

Result<UnitResult> ReportRows::result(Number unit) const {
  return result_at(rows_[unit]);
}

}  // namespace fleet_provision::batch
