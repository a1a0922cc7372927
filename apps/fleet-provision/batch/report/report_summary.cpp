#include "batch/report/report_summary.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

namespace fleet_provision::batch {
namespace {

using Number = ReportRows::Number;
constexpr std::size_t kExamplesMax = 20;
constexpr std::size_t kHintsMax = 3;
constexpr std::size_t kKindsShown = 50;
/// The page cuts texts earlier.
constexpr std::size_t kTextBytesKept = 1000;
constexpr std::size_t kSharedThingsMax = 20;
constexpr std::int64_t kThroughputBinsMax = 120;
constexpr std::int64_t kPauseSeconds = 15 * 60;
constexpr std::size_t kPeriodsMax = 6;
constexpr std::uint32_t kDurationBinsMax = 60;

void count_outcomes(const ReportRows& rows, ReportSummary& summary) {
  summary.results = rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    summary.finished_at = std::max(summary.finished_at, row.finished_at);
    switch (row.outcome) {
      case UnitOutcome::kProvisioned: ++summary.provisioned; break;
      case UnitOutcome::kAlreadyProvisioned: ++summary.already_provisioned; break;
      case UnitOutcome::kFailed: ++(row.retryable ? summary.failed_retryable : summary.failed_for_good); break;
    }
  }
}

/// Sources by manifest and shard. nullopt if one has no batch.json.
std::optional<std::vector<std::vector<std::size_t>>> by_manifest_and_shard(const std::vector<ReportSource>& sources) {
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!sources[i].facts) return std::nullopt;
    groups[{sources[i].facts->manifest, sources[i].facts->shard}].push_back(i);
  }
  std::vector<std::vector<std::size_t>> lists;
  lists.reserve(groups.size());
  for (auto& [name, list] : groups) lists.push_back(std::move(list));
  return lists;
}

/// Sources with the same manifest and shard have the same units, unless they have more results than it has units: then
/// they are different manifests of one name.
void count_units_without_result(const ReportRows& rows, const std::vector<ReportSource>& sources,
                                ReportSummary& summary) {
  const auto groups = by_manifest_and_shard(sources);
  if (!groups) return;
  const auto without = [](std::size_t units, std::size_t results) { return units > results ? units - results : 0; };
  summary.without_result = 0;
  for (const std::vector<std::size_t>& group : *groups) {
    std::size_t units = 0;
    for (const std::size_t source : group) units = std::max(units, sources[source].facts->units);
    const std::size_t results = rows.units_in(group);
    if (results <= units) {
      *summary.without_result += without(units, results);
      for (std::size_t i = 1; i < group.size(); ++i) summary.same_units.push_back(sources[group[i]].directory);
    } else {
      for (const std::size_t source : group) {
        *summary.without_result += without(sources[source].facts->units, rows.units_in({source}));
      }
    }
  }
}

struct KindCount {
  std::uint16_t kind = 0;
  std::size_t count = 0;
  std::size_t retryable = 0;
};

/// The kinds of failed units, in the order of the report.
std::vector<KindCount> kind_counts(const ReportRows& rows) {
  std::vector<KindCount> counts(rows.kinds().size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i].kind = static_cast<std::uint16_t>(i);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    if (row.outcome != UnitOutcome::kFailed) continue;
    ++counts[row.kind].count;
    counts[row.kind].retryable += row.retryable ? 1 : 0;
  }
  std::erase_if(counts, [](const KindCount& each) { return each.count == 0; });
  const auto is_final = [](const KindCount& each) { return each.retryable != each.count; };
  std::stable_sort(counts.begin(), counts.end(), [&](const KindCount& a, const KindCount& b) {
    return is_final(a) != is_final(b) ? is_final(a) : a.count > b.count;
  });
  return counts;
}

void add_example(FailureGroup& group, UnitResult result) {
  result.hint.resize(std::min(result.hint.size(), kTextBytesKept));
  result.message.resize(std::min(result.message.size(), kTextBytesKept));
  if (!result.hint.empty() && group.hints.size() < kHintsMax &&
      std::find(group.hints.begin(), group.hints.end(), result.hint) == group.hints.end()) {
    group.hints.push_back(std::move(result.hint));
  }
  group.examples.push_back({std::move(result.unit), std::move(result.message)});
}

Result<void> find_failures(const ReportRows& rows, ReportSummary& summary) {
  const std::vector<KindCount> counts = kind_counts(rows);
  summary.kinds_count = counts.size();
  std::vector<std::optional<std::size_t>> group_of(rows.kinds().size());
  for (const KindCount& each : counts) {
    if (summary.failures.size() == kKindsShown) break;
    group_of[each.kind] = summary.failures.size();
    summary.failures.push_back({rows.kinds()[each.kind], each.count, each.retryable, {}, {}});
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    if (row.outcome != UnitOutcome::kFailed || !group_of[row.kind]) continue;
    FailureGroup& group = summary.failures[*group_of[row.kind]];
    if (group.examples.size() == kExamplesMax) continue;
    FP_TRY_ASSIGN(UnitResult result, rows.result(static_cast<Number>(i)));
    add_example(group, std::move(result));
  }
  return {};
}

struct ThingOfUnit {
  std::uint64_t thing;
  Number unit;
};

/// The rows that have a thing name, equal ones side by side.
std::vector<ThingOfUnit> units_by_thing(const ReportRows& rows) {
  std::vector<ThingOfUnit> units;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto number = static_cast<Number>(i);
    if (rows.row(number).thing != 0) units.push_back({rows.row(number).thing, number});
  }
  std::sort(units.begin(), units.end(), [](const ThingOfUnit& a, const ThingOfUnit& b) {
    return a.thing != b.thing ? a.thing < b.thing : a.unit < b.unit;
  });
  return units;
}

/// Fills in what the lines of the units [begin, end), which have one thing name, say.
Result<SharedThing> shared_thing(const ReportRows& rows, const ThingOfUnit* begin, const ThingOfUnit* end) {
  SharedThing shared;
  for (; begin != end && shared.units.size() < kExamplesMax; ++begin) {
    FP_TRY_ASSIGN(const UnitResult result, rows.result(begin->unit));
    shared.thing_name = result.thing_name.value_or("");
    // The other unit may have no result here: it is in the directory of another station.
    for (const std::string& name : {result.duplicate_of, result.unit}) {
      if (!name.empty() && std::find(shared.units.begin(), shared.units.end(), name) == shared.units.end()) {
        shared.units.push_back(name);
      }
    }
  }
  return shared;
}

Result<void> find_shared_things(const ReportRows& rows, ReportSummary& summary) {
  const std::vector<ThingOfUnit> units = units_by_thing(rows);
  const std::string_view duplicate = word(ErrorKind::kDuplicateThingName);
  for (std::size_t begin = 0, end = 0; begin < units.size(); begin = end) {
    for (end = begin; end < units.size() && units[end].thing == units[begin].thing;) ++end;
    if (end == begin + 1 && rows.kinds()[rows.row(units[begin].unit).kind] != duplicate) continue;
    if (++summary.shared_things_count > kSharedThingsMax) continue;
    FP_TRY_ASSIGN(SharedThing shared, shared_thing(rows, units.data() + begin, units.data() + end));
    shared.count = std::max(end - begin, shared.units.size());
    summary.shared_things.push_back(std::move(shared));
  }
  return {};
}

bool has_time(const ReportRows::Row& row) {
  return row.outcome != UnitOutcome::kAlreadyProvisioned;
}

struct TimeSpan {
  std::int64_t first;
  std::int64_t last;
};

/// The times of results, divided where nothing happened for a quarter of an hour and for a twentieth of the whole time;
/// in one piece if there are too many such pauses.
std::vector<TimeSpan> busy_spans(const ReportRows& rows) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    if (has_time(row)) times.push_back(row.finished_at);
  }
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const std::int64_t pause = std::max<std::int64_t>(kPauseSeconds, (times.back() - times.front()) / 20);
  std::vector<TimeSpan> spans{{times.front(), times.front()}};
  for (const std::int64_t time : times) {
    if (time - spans.back().last > pause) spans.push_back({time, time});
    spans.back().last = time;
  }
  if (spans.size() > kPeriodsMax) return {{times.front(), times.back()}};
  return spans;
}

Throughput throughput_of(const ReportRows& rows) {
  const std::vector<TimeSpan> spans = busy_spans(rows);
  if (spans.empty()) return {};
  Throughput curve;
  std::int64_t busy = 0;
  for (const TimeSpan& span : spans) busy += span.last - span.first;
  curve.width = round_seconds(busy / kThroughputBinsMax + 1);
  for (const TimeSpan& span : spans) {
    const std::int64_t begin = span.first - (span.first % curve.width + curve.width) % curve.width;
    curve.periods.push_back({begin, curve.bins.size()});
    curve.bins.resize(curve.bins.size() + static_cast<std::size_t>((span.last - begin) / curve.width + 1));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    if (!has_time(row)) continue;
    std::size_t period = spans.size() - 1;
    while (row.finished_at < spans[period].first) --period;
    const auto& [begin, first_bin] = curve.periods[period];
    auto& bin = curve.bins[first_bin + static_cast<std::size_t>((row.finished_at - begin) / curve.width)];
    ++(row.outcome == UnitOutcome::kFailed ? bin.failed : bin.provisioned);
  }
  return curve;
}

/// The smallest of 1, 2 and 5 times a power of ten that is not less.
std::uint32_t round_number(std::uint32_t at_least) {
  std::uint32_t power = 1;
  while (power < at_least / 10) power *= 10;
  for (const std::uint32_t factor : {1U, 2U, 5U}) {
    if (power * factor >= at_least) return power * factor;
  }
  return power * 10;
}

Durations durations_of(const ReportRows& rows) {
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows.row(static_cast<Number>(i));
    if (row.outcome == UnitOutcome::kProvisioned) all.push_back(row.duration_ms);
  }
  Durations durations;
  if (all.empty()) return durations;
  std::sort(all.begin(), all.end());
  // The nearest rank: the smallest duration that so many percent of the units do not exceed.
  const auto percentile = [&](std::size_t percent) { return all[(all.size() * percent + 99) / 100 - 1]; };
  durations.count = all.size();
  durations.median_ms = percentile(50);
  durations.percentile_95_ms = percentile(95);
  durations.longest_ms = all.back();
  // Few units that took much longer than the others do not make the bars of the others narrow.
  const std::uint32_t usual = percentile(99);
  const std::uint32_t shown = durations.longest_ms / 2 <= usual ? durations.longest_ms : usual + usual / 4;
  durations.width_ms = round_number(shown / kDurationBinsMax + 1);
  durations.bins.resize(shown / durations.width_ms + 1);
  for (const std::uint32_t each : all) {
    const std::size_t bin = each / durations.width_ms;
    if (bin < durations.bins.size()) {
      ++durations.bins[bin];
    } else {
      ++durations.longer;
    }
  }
  return durations;
}

}  // namespace

std::int64_t round_seconds(std::int64_t at_least) {
  constexpr std::array<std::int64_t, 18> kRound{1,   2,   5,    10,   15,   30,    60,    120,   300,
                                                600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
  const auto* found = std::find_if(kRound.begin(), kRound.end(), [&](std::int64_t each) { return each >= at_least; });
  if (found != kRound.end()) return *found;
  constexpr std::int64_t kDay = 86400;
  return (at_least + kDay - 1) / kDay * kDay;
}

Result<ReportSummary> summary_of(const ReportRows& rows, const std::vector<ReportSource>& sources) {
  ReportSummary summary;
  count_outcomes(rows, summary);
  count_units_without_result(rows, sources, summary);
  for (std::size_t i = 0; i < sources.size(); ++i) summary.units_of_sources.push_back(rows.units_in({i}));
  summary.started_at = rows.first_start();
  for (const ReportSource& source : sources) {
    if (!source.facts) continue;
    const std::int64_t started =
        std::chrono::floor<std::chrono::seconds>(source.facts->started_at.time_since_epoch()).count();
    summary.started_at = summary.started_at == 0 ? started : std::min(summary.started_at, started);
  }
  FP_TRY(find_failures(rows, summary));
  FP_TRY(find_shared_things(rows, summary));
  summary.throughput = throughput_of(rows);
  summary.durations = durations_of(rows);
  return summary;
}

}  // namespace fleet_provision::batch
