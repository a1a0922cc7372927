// What a report says beside its rows: totals, failures by kind, thing names that two units have, curve and histogram.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "batch/report/report_rows.hpp"

namespace fleet_provision::batch {

/// Failed units of one kind.
struct FailureGroup {
  std::string kind;
  std::size_t count = 0;
  /// How many of them a rerun may finish.
  std::size_t retryable = 0;
  /// The first units, with what was said of them.
  struct Example {
    std::string unit;
    std::string message;
  };
  std::vector<Example> examples;
  /// The different hints of these units, at most three.
  std::vector<std::string> hints;
};

/// A thing name that several units were given.
struct SharedThing {
  std::string thing_name;
  std::size_t count = 0;
  /// The first ones.
  std::vector<std::string> units;
};

/// Units by the time of their result, without the pauses of a batch that was stopped and rerun later.
struct Throughput {
  struct Bin {
    std::uint32_t provisioned = 0;
    std::uint32_t failed = 0;
  };
  /// A time without a long pause.
  struct Period {
    /// Seconds since 1970, a multiple of the width.
    std::int64_t begin = 0;
    /// The index of its first bin.
    std::size_t first_bin = 0;
  };
  /// Of a bin, in seconds.
  std::int64_t width = 1;
  /// One, or up to six.
  std::vector<Period> periods;
  std::vector<Bin> bins;
};

/// Durations of provisioned units.
struct Durations {
  std::size_t count = 0;
  std::uint32_t median_ms = 0;
  std::uint32_t percentile_95_ms = 0;
  std::uint32_t longest_ms = 0;
  /// Of a bin, in milliseconds; bins begin at 0. Longer ones than the last bin are in `longer`.
  std::uint32_t width_ms = 1;
  std::vector<std::uint32_t> bins;
  std::size_t longer = 0;
};

struct ReportSummary {
  std::size_t results = 0;
  std::size_t provisioned = 0;
  std::size_t already_provisioned = 0;
  std::size_t failed_for_good = 0;
  std::size_t failed_retryable = 0;
  /// Units of the manifests that have no result; nullopt if a source has no batch.json.
  std::optional<std::size_t> without_result;
  /// The number of units with a result in each source.
  std::vector<std::size_t> units_of_sources;
  /// Directories whose manifest and shard are those of an earlier one: their units are counted once.
  std::vector<std::string> same_units;
  /// Seconds since 1970; 0 if unknown.
  std::int64_t started_at = 0;
  std::int64_t finished_at = 0;
  /// Those with a failure for good first, then the most frequent.
  std::vector<FailureGroup> failures;
  /// The number of kinds; `failures` has at most 50.
  std::size_t kinds_count = 0;
  std::size_t shared_things_count = 0;
  std::vector<SharedThing> shared_things;
  Throughput throughput;
  Durations durations;

  [[nodiscard]] std::size_t units() const { return results + without_result.value_or(0); }
  [[nodiscard]] std::size_t with_identity() const { return provisioned + already_provisioned; }
  /// Units that a rerun may finish.
  [[nodiscard]] std::size_t remaining() const { return failed_retryable + without_result.value_or(0); }
};

/// Reads the lines of the rows that it names; fails if a file cannot be read.
[[nodiscard]] Result<ReportSummary> summary_of(const ReportRows& rows, const std::vector<ReportSource>& sources);

/// The smallest round number of seconds that is not less: 1, 2, 5, 10, 15, 30 s, the same minutes, hours, days.
[[nodiscard]] std::int64_t round_seconds(std::int64_t at_least);

}  // namespace fleet_provision::batch
