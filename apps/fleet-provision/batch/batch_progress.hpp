// What a batch tells while it runs: a live line or a line every ten seconds, failures at once, lines of children.
//
// A failure has a line of its own, with its hint; as text, only the first three of a kind do. The others are counted,
// and the counts have a line every ten seconds and at the end: a wrong policy fails 1 000 units for one reason. With
// --log-format json each failure has its object.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "batch/run/run.hpp"
#include "core/mutex.hpp"
#include "output/report.hpp"

namespace fleet_provision::batch {

class BatchProgress final : public BatchObserver {
 public:
  /// `failures_are_in` is the file that has every failure.
  BatchProgress(Report& report, const OutputSettings& output, std::string failures_are_in);

  void progress(const Totals& totals, Instant now) override;
  void unit_failed(const UnitResult& result) override;
  void unit_said(std::string_view unit, std::string_view line) override;
  void warned(const std::string& message) override;

  /// Prints the counts that have had no line yet. Called once, after the batch.
  void finish();
  /// What `progress` was told last; from any thread.
  [[nodiscard]] Totals totals() const;

 private:
  struct Sample {
    Instant at;
    std::uint64_t finished;
  };
  struct Failures {
    std::uint64_t printed = 0;
    std::uint64_t unprinted = 0;
    std::string last_hint;
  };

  [[nodiscard]] BatchProgressNumbers numbers(const Totals& totals, Instant now);
  void print_counts();

  Report& report_;
  OutputSettings output_;
  std::string failures_are_in_;
  mutable Mutex mutex_;
  Totals totals_ FP_GUARDED_BY(mutex_);
  /// Of the last ten seconds, one a second.
  std::deque<Sample> samples_;
  std::optional<Instant> next_line_;
  /// By the word of their kind.
  std::map<std::string, Failures> failures_;
};

/// The parts of the live line, the most important first: `312 of 1000 provisioned`, `3 failed`, `41/s`, `17 s left`.
[[nodiscard]] std::vector<std::string> progress_parts(const BatchProgressNumbers& numbers);

}  // namespace fleet_provision::batch
