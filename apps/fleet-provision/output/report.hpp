// The output on stderr, and the record of a run for its result.
//
// A batch reports its units and its progress here as well; it has no phases of its own.
//
// Several threads of a run report phases; one lock orders them. On a terminal a live line shows the current phase; it
// is redrawn in place and erased before anything else is written. Elsewhere there are only plain lines. All text is
// made printable here, even if it was made printable before.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/mutex.hpp"
#include "output/log_line.hpp"
#include "output/log_writer.hpp"
#include "output/result.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// How much is printed on stderr, and in which form.
struct OutputSettings {
  bool quiet = false;
  /// 0, 1 or 2 times -v.
  unsigned verbosity = 0;
  bool live_line = false;
  bool utf8 = false;
  bool color = false;
  bool json_log = false;
  bool json_result = false;
};

/// kUsage for a bad value, or for -q together with -v.
[[nodiscard]] Result<OutputSettings> output_settings_from(const Options& options, const Environment& environment);

/// Writes a result to stdout and returns `code`, or the exit code of a failed write.
[[nodiscard]] int print_result(std::string_view text, int code);

class Report final : public Observer {
 public:
  /// `start` is the zero of the timeline.
  Report(OutputSettings output, Instant start);
  ~Report() override;

  void phase_began(Phase phase, unsigned attempt) override;
  void phase_ended(Phase phase, unsigned attempt) override;
  void attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) override;
  void warned(const std::string& message) override;
  void reached(const std::string& what) override;
  void detail(const std::string& text) override;

  /// Sets the end of the run's time, after which no line waits for the reader of stderr. When the program of
  /// --on-success starts, the end moves to at least `for_program` later.
  void end_at(Instant end, Milliseconds for_program);
  /// The end of the run's time; does not lock.
  [[nodiscard]] Instant end() const { return end_; }
  /// The phase that began last and has not ended.
  [[nodiscard]] std::optional<Phase> current_phase();
  /// Redraws the live line to update its seconds.
  void tick();
  /// `fleet-provision: error: WHAT` and its hint.
  void failed(const Error& error);
  /// Writes an entry that the verbosity allows; for a batch, which judges that itself.
  void entry(const LogEntry& entry);
  /// The live line of a batch: as many of `parts` as fit, joined by commas; the first one is cut if it must be.
  void show_progress(std::vector<std::string> parts);
  /// The record of the run; open phases end now. Removes the live line for good.
  [[nodiscard]] RunRecord finish();

 private:
  struct Span {
    Phase phase;
    unsigned attempt;
    Instant began;
    std::optional<Instant> ended;
  };

  void log(const LogEntry& entry) FP_REQUIRES(mutex_);
  [[nodiscard]] std::string as_line(const LogEntry& entry) const FP_REQUIRES(mutex_);
  [[nodiscard]] std::string as_text(const LogEntry& entry) const FP_REQUIRES(mutex_);
  void draw() FP_REQUIRES(mutex_);
  void draw_line(std::string_view line) FP_REQUIRES(mutex_);
  void draw_parts() FP_REQUIRES(mutex_);
  void clear() FP_REQUIRES(mutex_);
  [[nodiscard]] double since_start(Instant instant) const;

  /// Recursive: a thread that runs out of memory while it holds the lock ends the run, and writes this record.
  RecursiveMutex mutex_;
  OutputSettings output_ FP_GUARDED_BY(mutex_);
  Instant start_;
  std::vector<Span> spans_ FP_GUARDED_BY(mutex_);
  std::vector<std::string> warnings_ FP_GUARDED_BY(mutex_);
  LogWriter writer_ FP_GUARDED_BY(mutex_);
  std::atomic<Instant> end_{Instant::max()};
  Milliseconds for_program_ FP_GUARDED_BY(mutex_){0};
  /// The live line as drawn on the terminal; empty if there is none.
  std::string drawn_ FP_GUARDED_BY(mutex_);
  /// The parts of a batch's live line; empty in a run.
  std::vector<std::string> parts_ FP_GUARDED_BY(mutex_);
  std::optional<Instant> next_try_at_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
