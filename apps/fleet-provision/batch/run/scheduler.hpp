// One batch: which unit starts when, how its child ends, what is recorded.
//
// One thread, one poll. Each turn starts what may start, waits, reads what children wrote, and records all children
// that ended in it with one append, so that a disk that syncs slowly slows the batch less than each unit. A result is
// counted and told only after it is synced.
//
// The batch stops early for one reason, the first: a signal, a full disk, --stop-after, a duplicate thing name, a lack
// of processes or descriptors with no child running. No unit is started after that. Only a signal also stops running
// children: what they do is safe in their own state directories in each other case.
#pragma once

#include <poll.h>

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "batch/run/child.hpp"
#include "batch/run/child_result.hpp"
#include "batch/run/pacer.hpp"
#include "batch/run/run.hpp"

namespace fleet_provision::batch {

class Scheduler {
 public:
  Scheduler(UnitSource& source, const RunSettings& settings, const Interrupt& interrupt, BatchObserver& observer);

  [[nodiscard]] BatchEnd run();

 private:
  /// A unit that may start: one of the manifest, or one whose state directory was locked.
  struct Candidate {
    Manifest::Number number = 0;
    /// Starts of this unit so far.
    unsigned tries = 0;
    Instant not_before;
  };
  enum class Told : unsigned char { kNothing, kToStop, kKilled };
  struct Running {
    Candidate candidate;
    Unit unit;
    Child child;
    WallTime started_at;
    Instant started;
    /// When the child is told to stop, or killed.
    Instant next_signal;
    Told told = Told::kNothing;
    bool hung = false;
    unsigned throttled = 0;
  };

  // What starts.
  [[nodiscard]] bool may_start() const;
  void start_units(Instant now);
  [[nodiscard]] std::optional<Candidate> next_candidate(Instant now);
  void skip_recorded();
  [[nodiscard]] bool start(const Candidate& candidate, Instant now);
  [[nodiscard]] bool is_done() const;

  // What running children do.
  void wait(Instant now);
  [[nodiscard]] Instant next_turn(Instant now);
  void read_children();
  [[nodiscard]] LineReader::Sink sink_of(Running& running);
  void tell(Running& running, Instant now);
  void signal_children(Instant now);
  void on_interrupt(Instant now);

  // What ended children came to.
  void judge(const Running& running, const ChildEnd& end, Instant now);
  [[nodiscard]] Error hung_error(const Running& running) const;
  void look_for_duplicate(UnitResult& result);
  void record();
  void count(const UnitResult& result);
  void stop(Error error);

  UnitSource& source_;
  const RunSettings& settings_;
  const Interrupt& interrupt_;
  BatchObserver& observer_;
  std::optional<ChildStarter> starter_;
  Pacer pacer_;
  std::size_t jobs_;
  /// The next unit of the manifest.
  Manifest::Number next_ = 0;
  /// The unit that skip_recorded stopped at.
  std::optional<Manifest::Number> due_;
  /// Units whose state directory was locked.
  std::list<Candidate> locked_;
  std::list<Running> running_;
  /// Those that ended a moment ago, whose processes are not removed yet; see Child::collect.
  std::list<Running> collected_;
  /// What poll waits for: the interrupt, then three descriptors for each running child.
  std::vector<pollfd> polled_;
  /// No unit starts until a child ends: the system lacked something.
  bool lacking_ = false;
  bool interrupted_ = false;
  /// Results that are not synced yet.
  std::vector<UnitResult> results_;
  /// A result came since the last append.
  bool ended_ = false;
  Instant next_progress_;
  Instant next_reading_;
  BatchEnd end_;
};

}  // namespace fleet_provision::batch
