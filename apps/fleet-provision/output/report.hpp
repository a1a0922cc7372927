// The output on stderr, and the record of a run for its result.
//
// A run tells its phases from several threads; one lock orders them. On a terminal the present phase stands in a
// live line that is redrawn in place and taken away before anything else is written; elsewhere there are only plain
// lines. Everything that came from outside is made printable here, whatever was done to it before.
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

/// How much is said on stderr, and how.
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

  /// When the run's time is over: a stderr that nobody reads is then waited for no more. The program of --on-success
  /// has `for_program` of its own, from its start on.
  void end_at(Instant end, Milliseconds for_program);
  /// When the run's time is over; never waits.
  [[nodiscard]] Instant end() const { return end_; }
  /// What the run is doing.
  [[nodiscard]] std::optional<Phase> under_way();
  /// Redraws the live line, for the seconds in it.
  void tick();
  /// `fleet-provision: error: WHAT` and its hint.
  void failed(const Error& error);
  /// What was observed; phases that have not ended end now. The live line is taken away for good.
  [[nodiscard]] RunRecord finish();

 private:
  struct Span {
    Phase phase;
    unsigned attempt;
    Instant began;
    std::optional<Instant> ended;
  };

  void say(const Remark& remark) FP_REQUIRES(mutex_);
  [[nodiscard]] std::string as_line(const Remark& remark) const FP_REQUIRES(mutex_);
  [[nodiscard]] std::string as_text(const Remark& remark) const FP_REQUIRES(mutex_);
  void draw() FP_REQUIRES(mutex_);
  void clear() FP_REQUIRES(mutex_);
  [[nodiscard]] double since_start(Instant instant) const;

  /// A thread that has run out of memory while it told something ends the run, with the record that is here.
  RecursiveMutex mutex_;
  OutputSettings output_ FP_GUARDED_BY(mutex_);
  Instant start_;
  std::vector<Span> spans_ FP_GUARDED_BY(mutex_);
  std::vector<std::string> warnings_ FP_GUARDED_BY(mutex_);
  LogWriter writer_ FP_GUARDED_BY(mutex_);
  std::atomic<Instant> end_{Instant::max()};
  Milliseconds for_program_ FP_GUARDED_BY(mutex_){0};
  /// The live line as it stands on the terminal; empty when there is none.
  std::string drawn_ FP_GUARDED_BY(mutex_);
  std::optional<Instant> next_try_at_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
