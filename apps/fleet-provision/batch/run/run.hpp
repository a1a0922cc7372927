// Runs the units of a manifest: starts children, records their results, tells an observer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  /// Five times a second while the batch runs; `now` as the batch sees it.
  virtual void progress(const Totals& totals, Instant now) = 0;
  /// The result counts: it is synced.
  virtual void unit_failed(const UnitResult& result) = 0;
  /// A line that the child wrote to stderr (only with `forward_lines`), without its line feed.
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
  /// A unit whose state directory is locked is tried again so much later, this often.
  Milliseconds locked_wait{1'000};
  unsigned locked_tries = 5;
  /// The units use one PIN, of which a token or TPM takes only a few wrong ones before it locks: one unit at a time
  /// runs until one is provisioned, and a wrong PIN stops the batch.
  bool one_pin = false;
  /// Why no unit can be run; the batch then ends with this error at the first unit that is not recorded as provisioned.
  std::optional<Error> cannot_run;
  /// The observer gets the lines that children write to stderr (-v).
  bool forward_lines = false;
};

struct BatchEnd {
  Totals totals;
  /// Why the batch stopped before all units were tried: a signal, a full disk, --stop-after, a duplicate thing name, a
  /// wrong PIN.
  std::optional<Error> stopped;
};

/// What a batch needs of its manifest and its results. Numbers of units are those of Manifest.
class UnitSource {
 public:
  UnitSource() = default;
  UnitSource(const UnitSource&) = delete;
  UnitSource& operator=(const UnitSource&) = delete;
  virtual ~UnitSource() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual std::string_view name(Manifest::Number unit) const = 0;
  [[nodiscard]] virtual Result<Unit> unit(Manifest::Number unit) const = 0;
  /// Whether the unit was given what `digest` (of Ledger::Entry) is over.
  [[nodiscard]] virtual bool has_digest(Manifest::Number unit, std::uint64_t digest) const = 0;
  [[nodiscard]] virtual const Ledger& ledger() const = 0;
  /// See Results::append.
  [[nodiscard]] virtual Result<void> append(const std::vector<UnitResult>& results) = 0;
};

/// Runs until all units have a result, `interrupt` is raised, or the batch stops. After a signal running children are
/// told to stop (SIGTERM) and awaited; a unit that was stopped so has no result, the result of each other child is
/// recorded. When the batch stops for another reason, running children go on to their end. Called by the main thread:
/// children end when the thread does that started them.
[[nodiscard]] BatchEnd run_units(UnitSource& source, const RunSettings& settings, const Interrupt& interrupt,
                                 BatchObserver& observer);
/// The same for a manifest and its results.
[[nodiscard]] BatchEnd run_units(const Manifest& manifest, Results& results, const RunSettings& settings,
                                 const Interrupt& interrupt, BatchObserver& observer);

}  // namespace fleet_provision::batch
