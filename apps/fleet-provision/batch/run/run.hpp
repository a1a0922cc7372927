// Runs the units of a manifest: starts children, records their results, tells an observer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "adapters/system/interrupt.hpp"
#include "batch/batch_settings.hpp"
#include "batch/manifest/manifest.hpp"
#include "batch/record/output_directory.hpp"
#include "batch/run/child.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"

namespace fleet_provision::batch {

/// What a batch came to so far.
struct Totals {
  /// In this shard.
  std::uint64_t units = 0;
  std::uint64_t provisioned = 0;
  std::uint64_t already_provisioned = 0;
  /// Failures of this batch by the word of their kind.
  std::map<std::string, std::uint64_t> failed;
  std::uint64_t failed_for_good = 0;
  std::uint64_t failed_retryable = 0;
  /// Throttled responses.
  std::uint64_t throttled = 0;
  std::uint64_t running = 0;

  [[nodiscard]] std::uint64_t all_failed() const { return failed_for_good + failed_retryable; }
  /// Units without a result of this batch.
  [[nodiscard]] std::uint64_t remaining() const { return units - provisioned - already_provisioned - all_failed(); }
};

/// Told by the thread that runs the batch.
class BatchObserver {
 public:
  BatchObserver() = default;
  BatchObserver(const BatchObserver&) = delete;
  BatchObserver& operator=(const BatchObserver&) = delete;
  virtual ~BatchObserver() = default;

  /// At least every 200 ms while the batch runs; `now` as the batch sees it.
  virtual void progress(const Totals& totals, Instant now) = 0;
  /// The result counts: it is synced.
  virtual void unit_failed(const UnitResult& result) = 0;
  /// A line that the child wrote to stderr (only with -v).
  virtual void unit_said(std::string_view unit, std::string_view line) = 0;
  virtual void warned(const std::string& message) = 0;
};

struct RunSettings {
  BatchSettings batch;
  ChildSettings child;
  /// Units that were recorded as provisioned are run again (--force).
  bool force = false;
  /// After its time limit a child has this much longer before it is told to stop, and then as long as `grace` before it
  /// is killed.
  Milliseconds margin{10'000};
  Milliseconds grace{3'000};
};

struct BatchEnd {
  Totals totals;
  /// Why the batch stopped before all units were tried: a signal, a full disk, --stop-after, a duplicate thing name.
  std::optional<Error> stopped;
};

/// Runs until all units have a result, `interrupt` is raised, or the batch stops. Running children are then told to
/// stop (SIGTERM) and awaited; a unit that was stopped so has no result. The result of each other child is recorded.
[[nodiscard]] BatchEnd run_units(const Manifest& manifest, Results& results, const RunSettings& settings,
                                 const Interrupt& interrupt, BatchObserver& observer);

}  // namespace fleet_provision::batch
