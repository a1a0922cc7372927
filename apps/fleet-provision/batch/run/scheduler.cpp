#include "batch/run/scheduler.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr Milliseconds kProgressInterval{200};
constexpr Milliseconds kReadingInterval{200};
/// Processes that ended and are not removed yet.
constexpr std::size_t kCollectedMax = 64;
/// The descriptors of poll before those of children.
constexpr std::size_t kPolledBefore = 1;
constexpr std::size_t kPolledOfChild = kDescriptorsOfChild;

std::string run_of(const std::string& unit) {
  return "the run of the unit " + printable(unit);
}

}  // namespace

Scheduler::Scheduler(UnitSource& source, const RunSettings& settings, const Interrupt& interrupt,
                     BatchObserver& observer)
    : source_(source),
      settings_(settings),
      interrupt_(interrupt),
      observer_(observer),
      pacer_(settings.batch.rate, std::chrono::steady_clock::now()),
      jobs_(std::min<std::size_t>(settings.batch.jobs, source.size())) {
  end_.totals.units = source.size();
}

BatchEnd Scheduler::run() {
  if (auto enough = enough_descriptors(static_cast<unsigned>(jobs_)); !enough) stop(enough.error());
  if (auto starter = ChildStarter::open(settings_.child); starter) {
    starter_ = std::move(*starter);
  } else {
    stop(starter.error());
  }
  while (true) {
    const Instant now = std::chrono::steady_clock::now();
    on_interrupt(now);
    start_units(now);
    end_.totals.running = running_.size();
    if (now >= next_progress_) {
      next_progress_ = now + kProgressInterval;
      observer_.progress(end_.totals, now);
    }
    if (is_done()) return std::move(end_);
    wait(now);
    read_children();
    // After the children that ended, so that one that ended in time is not taken for hung, whatever stopped this
    // process.
    signal_children(std::chrono::steady_clock::now());
    record();
  }
}

bool Scheduler::is_done() const {
  if (!running_.empty()) return false;
  return end_.stopped || (locked_.empty() && next_ == source_.size());
}

bool Scheduler::may_start() const {
  return !end_.stopped && !lacking_ && running_.size() < jobs_;
}

void Scheduler::start_units(Instant now) {
  if (!end_.stopped) skip_recorded();
  while (may_start()) {
    const auto candidate = next_candidate(now);
    if (!candidate || pacer_.next_start(now) > now || !start(*candidate, now)) return;
    if (candidate->tries > 0) {
      locked_.pop_front();
    } else {
      ++next_;
      skip_recorded();
    }
  }
}

/// The unit that starts next if it may start now; it stays where it is.
std::optional<Scheduler::Candidate> Scheduler::next_candidate(Instant now) {
  if (!locked_.empty() && locked_.front().not_before <= now) return locked_.front();
  if (next_ < source_.size()) return Candidate{next_, 0, now};
  return std::nullopt;
}

/// Passes over the units that a rerun does not try again.
void Scheduler::skip_recorded() {
  if (settings_.force) return;
  for (; next_ < source_.size() && next_ != due_; ++next_) {
    const Ledger::Entry* entry = source_.ledger().find(source_.name(next_));
    const bool recorded = entry != nullptr && entry->outcome != UnitOutcome::kFailed;
    if (recorded && source_.has_digest(next_, entry->digest)) {
      ++end_.totals.already_provisioned;
      continue;
    }
    due_ = next_;
    return;
  }
}

/// False if the unit did not start: the batch stops, or waits for a child to end.
bool Scheduler::start(const Candidate& candidate, Instant now) {
  auto unit = source_.unit(candidate.number);
  if (!unit) {
    stop(std::move(unit).error());
    return false;
  }
  auto child = starter_->start(unit->arguments, run_of(unit->name));
  if (!child) {
    // Processes that ended count until they are removed.
    const bool removed = !std::exchange(collected_, {}).empty();
    const bool lack = child.error().kind == ErrorKind::kOutOfResources;
    lacking_ = lack && !running_.empty();
    if (!lack || (running_.empty() && !removed)) stop(std::move(child).error());
    return false;
  }
  pacer_.started(now);
  unit->arguments = {};
  const Instant end = now + unit->time_limit + settings_.margin;
  Candidate started = candidate;
  ++started.tries;
  running_.push_back({.candidate = started,
                      .unit = std::move(*unit),
                      .child = std::move(*child),
                      .started_at = std::chrono::system_clock::now(),
                      .started = now,
                      .next_signal = end});
  return true;
}

void Scheduler::wait(Instant now) {
  polled_.clear();
  polled_.push_back({interrupted_ ? -1 : interrupt_.descriptor(), POLLIN, 0});
  for (const Running& each : running_) {
    polled_.push_back({each.child.process_descriptor(), POLLIN, 0});
    const bool reads = each.child.writes_much();
    polled_.push_back({reads ? each.child.output() : -1, POLLIN, 0});
    polled_.push_back({reads ? each.child.errors() : -1, POLLIN, 0});
  }
  const auto left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(next_turn(now) - now));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
  if (::ppoll(polled_.data(), polled_.size(), &timeout, nullptr) > 0) return;
  // Nothing to read, after an error (EINTR) too.
  for (pollfd& each : polled_) each.revents = 0;
}

Instant Scheduler::next_turn(Instant now) {
  Instant next = next_progress_;
  for (const Running& each : running_) {
    if (each.told != Told::kKilled) next = std::min(next, each.next_signal);
  }
  if (!may_start()) return next;
  if (next_ < source_.size()) next = std::min(next, pacer_.next_start(now));
  if (!locked_.empty()) next = std::min(next, std::max(locked_.front().not_before, pacer_.next_start(now)));
  return next;
}

LineReader::Sink Scheduler::sink_of(Running& running) {
  return [this, &running](std::string_view line) {
    if (settings_.forward_lines) observer_.unit_said(running.unit.name, line);
    if (!says_throttled(line)) return;
    ++running.throttled;
    ++end_.totals.throttled;
    pacer_.throttled(std::chrono::steady_clock::now());
  };
}

void Scheduler::read_children() {
  const Instant now = std::chrono::steady_clock::now();
  const bool all = now >= next_reading_;
  if (all) next_reading_ = now + kReadingInterval;
  if (all || collected_.size() >= kCollectedMax) collected_.clear();
  const pollfd* polled = polled_.data() + kPolledBefore;
  for (auto next = running_.begin(); next != running_.end(); polled += kPolledOfChild) {
    const auto each = next++;
    const LineReader::Sink sink = sink_of(*each);
    if (all || polled[1].revents != 0) each->child.read_output();
    if (all || polled[2].revents != 0) each->child.read_errors(sink);
    if (polled[0].revents == 0) continue;
    const auto end = each->child.collect(sink);
    if (!end) continue;
    lacking_ = false;
    judge(*each, *end, now);
    collected_.splice(collected_.end(), running_, each);
  }
}

void Scheduler::tell(Running& running, Instant now) {
  running.child.signal(running.told == Told::kNothing ? SIGTERM : SIGKILL);
  running.told = running.told == Told::kNothing ? Told::kToStop : Told::kKilled;
  running.next_signal = now + settings_.grace;
}

void Scheduler::signal_children(Instant now) {
  for (Running& each : running_) {
    if (each.told == Told::kKilled) continue;
    if (each.told == Told::kNothing && each.child.wrote_too_much()) {
      tell(each, now);
    } else if (now >= each.next_signal) {
      each.hung = each.hung || !interrupted_;
      tell(each, now);
    }
  }
}

void Scheduler::on_interrupt(Instant now) {
  if (interrupted_ || !interrupt_.raised()) return;
  interrupted_ = true;
  if (auto raised = interrupt_.check(); !raised) stop(std::move(raised).error());
  for (Running& each : running_) {
    if (each.told == Told::kNothing) tell(each, now);
  }
}

void Scheduler::judge(const Running& running, const ChildEnd& end, Instant now) {
  UnitResult result;
  result.unit = running.unit.name;
  result.line = running.unit.line;
  result.started_at = running.started_at;
  result.duration = std::chrono::duration_cast<Milliseconds>(now - running.started);
  result.finished_at = std::chrono::system_clock::now();
  result.digest = running.unit.digest;
  result.throttled = running.throttled;
  const bool told = running.told != Told::kNothing && !end.wrote_too_much;
  const bool gave = end.exit_code && !end.wrote_too_much && fill_from_json(result, end.standard_output, *end.exit_code);
  const bool stopped = !gave || result.kind == word(ErrorKind::kTerminated);
  if (told && stopped) {
    // A unit that was stopped with the batch has no result.
    if (!running.hung) return;
    fill_from_error(result, hung_error(running));
  } else if (!gave) {
    fill_from_error(result, crash_error(result.unit, end));
    if (end.exit_code && *end.exit_code != 0) result.exit_code = *end.exit_code;
  }
  if (result.kind == word(ErrorKind::kLocked) && running.candidate.tries < settings_.locked_tries && !interrupted_) {
    locked_.push_back({running.candidate.number, running.candidate.tries, now + settings_.locked_wait});
    return;
  }
  look_for_duplicate(result);
  results_.push_back(std::move(result));
  ended_ = true;
}

Error Scheduler::hung_error(const Running& running) const {
  Error error;
  error.kind = ErrorKind::kUnitHung;
  error.message =
      run_of(running.unit.name) + " did not end within " + seconds_text(running.unit.time_limit + settings_.margin);
  error.hint = "check the disk, TPM or token of this unit, then rerun";
  return error;
}

/// Fails a unit whose thing name another unit has, and stops the batch.
void Scheduler::look_for_duplicate(UnitResult& result) {
  if (result.outcome == UnitOutcome::kFailed || !result.thing_name) return;
  std::string first(source_.ledger().unit_with_thing(*result.thing_name).value_or(std::string_view()));
  for (const UnitResult& each : results_) {
    const bool same = each.outcome != UnitOutcome::kFailed && each.thing_name == result.thing_name;
    if (same && first.empty()) first = each.unit;
  }
  if (first.empty() || first == result.unit) return;
  Error error;
  error.kind = ErrorKind::kDuplicateThingName;
  error.message = "the unit " + printable(result.unit) + " was given the thing name " + printable(*result.thing_name) +
                  ", which the unit " + printable(first) + " already has";
  error.hint = "make the template's thing name depend on a parameter that differs for each unit";
  fill_from_error(result, error);
  result.duplicate_of = std::move(first);
  stop(std::move(error));
}

/// Records the results of the children that ended in this turn, and those that an earlier turn could not record.
void Scheduler::record() {
  if (!std::exchange(ended_, false)) return;
  if (auto appended = source_.append(results_); !appended) return stop(std::move(appended).error());
  for (const UnitResult& each : results_) count(each);
  results_.clear();
}

void Scheduler::count(const UnitResult& result) {
  Totals& totals = end_.totals;
  switch (result.outcome) {
    case UnitOutcome::kProvisioned: ++totals.provisioned; return;
    case UnitOutcome::kAlreadyProvisioned: ++totals.already_provisioned; return;
    case UnitOutcome::kFailed: break;
  }
  ++totals.failed[result.kind];
  ++(result.retryable ? totals.failed_retryable : totals.failed_for_good);
  observer_.unit_failed(result);
  const auto limit = settings_.batch.stop_after;
  if (!limit || totals.failed_for_good < *limit) return;
  Error error;
  error.kind = ErrorKind::kUnitsFailed;
  error.message = std::to_string(totals.failed_for_good) + (totals.failed_for_good == 1 ? " unit" : " units") +
                  " failed for good, and --stop-after is " + std::to_string(*limit);
  error.hint = "correct the cause of these failures, then rerun";
  stop(std::move(error));
}

/// The first reason counts.
void Scheduler::stop(Error error) {
  if (!end_.stopped) end_.stopped = std::move(error);
}

}  // namespace fleet_provision::batch
