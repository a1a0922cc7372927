#include "batch/batch_progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::chrono::seconds kLineEvery{10};
constexpr std::chrono::seconds kSampleEvery{1};
constexpr std::chrono::seconds kRateOver{10};
/// Failures of a kind that have a line of their own.
constexpr std::uint64_t kLinesOfKind = 3;

std::string rate_text(double per_second) {
  char text[32];
  if (per_second >= 10) {
    std::snprintf(text, sizeof text, "%.0f/s", per_second);
  } else if (per_second >= 1) {
    std::snprintf(text, sizeof text, "%.1f/s", per_second);
  } else {
    std::snprintf(text, sizeof text, "%.0f/min", per_second * 60);
  }
  return text;
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  if (whole < 120) return std::to_string(whole) + " s";
  const std::uint64_t minutes = (whole + 59) / 60;
  if (minutes < 120) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::optional<ErrorKind> kind_of(std::string_view text) {
  for (const ErrorKind each : all_error_kinds()) {
    if (word(each) == text) return each;
  }
  return std::nullopt;
}

constexpr std::array kEventsOfRun{LogEvent::kError, LogEvent::kWarning, LogEvent::kAttemptFailed, LogEvent::kNextTry,
                                  LogEvent::kPhase, LogEvent::kReached, LogEvent::kDetail};

/// The entry of a child's log line; a line that is none (of a library, of a crash) is a detail.
LogEntry entry_of_line(std::string_view unit, std::string_view line) {
  LogEntry entry{.event = LogEvent::kDetail, .message = std::string(line), .unit = std::string(unit)};
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return entry;
  const auto text = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string event = text("event");
  for (const LogEvent each : kEventsOfRun) {
    if (word(each) == event) entry.event = each;
  }
  entry.message = text("message");
  entry.hint = text("hint");
  entry.kind = kind_of(text("kind"));
  if (const auto attempt = json.find("attempt"); attempt != json.end() && attempt->is_number_unsigned()) {
    entry.attempt = attempt->get<unsigned>();
  }
  if (const auto seconds = json.find("seconds"); seconds != json.end() && seconds->is_number()) {
    entry.seconds = seconds->get<double>();
  }
  return entry;
}

}  // namespace

std::vector<std::string> progress_parts(const BatchProgressNumbers& numbers) {
  std::vector<std::string> parts{std::to_string(numbers.provisioned) + " of " + std::to_string(numbers.units) +
                                 " provisioned"};
  if (numbers.failed > 0) parts.push_back(std::to_string(numbers.failed) + " failed");
  if (numbers.rate) parts.push_back(rate_text(*numbers.rate));
  if (numbers.seconds_left) parts.push_back(time_text(*numbers.seconds_left) + " left");
  return parts;
}

BatchProgress::BatchProgress(Report& report, const OutputSettings& output, std::string failures_are_in)
    : report_(report), output_(output), failures_are_in_(std::move(failures_are_in)) {}

BatchProgressNumbers BatchProgress::numbers(const Totals& totals, Instant now) {
  const std::uint64_t finished = totals.provisioned + totals.all_failed();
  if (samples_.empty() || now - samples_.back().at >= kSampleEvery) samples_.push_back({now, finished});
  while (samples_.size() > 2 && now - samples_[1].at >= kRateOver) samples_.pop_front();
  BatchProgressNumbers numbers{.units = totals.units,
                               .provisioned = totals.provisioned + totals.already_provisioned,
                               .failed = totals.all_failed(),
                               .running = totals.running};
  const double seconds = std::chrono::duration<double>(now - samples_.front().at).count();
  const std::uint64_t done = finished - std::min(finished, samples_.front().finished);
  if (seconds < 1 || done == 0) return numbers;
  numbers.rate = static_cast<double>(done) / seconds;
  numbers.seconds_left = static_cast<double>(totals.remaining()) / *numbers.rate;
  return numbers;
}

void BatchProgress::progress(const Totals& totals, Instant now) {
  {
    // Copied before: if memory runs out, `totals` is called by this thread.
    Totals copy = totals;
    const Lock lock(mutex_);
    std::swap(totals_, copy);
  }
  const BatchProgressNumbers current = numbers(totals, now);
  if (output_.live_line) report_.show_progress(progress_parts(current));
  if (!next_line_) next_line_ = now + kLineEvery;
  if (now < *next_line_) return;
  next_line_ = now + kLineEvery;
  print_counts();
  if (output_.live_line || output_.quiet) return;
  std::string line;
  for (const std::string& each : progress_parts(current)) line += (line.empty() ? "" : ", ") + each;
  report_.entry({.event = LogEvent::kProgress, .message = std::move(line), .progress = current});
}

void BatchProgress::unit_failed(const UnitResult& result) {
  Failures& same_kind = failures_[result.kind];
  if (!output_.json_log && same_kind.printed >= kLinesOfKind) {
    ++same_kind.unprinted;
    return;
  }
  ++same_kind.printed;
  const bool repeated = !output_.json_log && same_kind.last_hint == result.hint;
  LogEntry entry{.event = LogEvent::kUnitFailed,
                 .message = result.message.empty() ? result.kind : result.message,
                 .hint = repeated ? std::string() : result.hint,
                 .kind = kind_of(result.kind),
                 .unit = result.unit};
  same_kind.last_hint = result.hint;
  report_.entry(entry);
}

void BatchProgress::print_counts() {
  std::string counts;
  for (auto& [kind, failures] : failures_) {
    if (failures.unprinted == 0) continue;
    const std::string count = std::to_string(failures.unprinted);
    counts += counts.empty() ? count + (failures.unprinted == 1 ? " more unit" : " more units") + " failed with " + kind
                             : ", " + count + " with " + kind;
    failures.unprinted = 0;
  }
  if (counts.empty()) return;
  report_.entry({.event = LogEvent::kUnitsFailed, .message = counts + "; see " + failures_are_in_});
}

void BatchProgress::unit_said(std::string_view unit, std::string_view line) {
  if (output_.verbosity == 0) return;
  report_.entry(entry_of_line(unit, line));
}

void BatchProgress::warned(const std::string& message) {
  report_.warned(message);
}

void BatchProgress::finish() {
  print_counts();
}

Totals BatchProgress::totals() const {
  const Lock lock(mutex_);
  return totals_;
}

}  // namespace fleet_provision::batch
