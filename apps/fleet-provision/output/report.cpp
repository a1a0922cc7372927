#include "output/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "adapters/system/disk_error.hpp"
#include "core/text.hpp"
#include "output/terminal.hpp"
#include "output/waterfall.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kProgramPrefix = "fleet-provision: ";
constexpr std::size_t kMessageBytesMax = 8000;

/// The text of a phase in the live line.
std::string_view progress_text(Phase phase) {
  switch (phase) {
    case Phase::kLoad: return "reading the claim";
    case Phase::kResolve: return "looking up the endpoint";
    case Phase::kTcp: return "connecting";
    case Phase::kProxy: return "connecting through the proxy";
    case Phase::kTls: return "TLS handshake";
    case Phase::kMqtt: return "connecting to MQTT";
    case Phase::kSubscribe: return "subscribing to the response topics";
    case Phase::kKey: return "generating the key";
    case Phase::kCreate: return "requesting a certificate";
    case Phase::kRegister: return "registering the thing";
    case Phase::kStore: return "writing to the state directory";
    case Phase::kVerify: return "verifying the new identity";
    case Phase::kOnSuccess: return "running the on-success program";
    case Phase::kWait: return "waiting";
  }
  return "";
}

std::string decimal(double value, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f %s", value, unit);
  return text;
}

double milliseconds_between(Instant from, Instant to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// The value of --log-format or --color; kUsage unless it is one of `known`.
Result<std::string> one_of(const Options& options, OptionId id, std::initializer_list<std::string_view> known) {
  std::string text = options.text(id).value_or("");
  if (std::find(known.begin(), known.end(), text) != known.end()) return text;
  Error error;
  error.kind = ErrorKind::kUsage;
  error.message = "\"" + printable(text, 80) + "\" is not one of " + listed({known.begin(), known.end()});
  return fail(options.with_origin_of(id, std::move(error)));
}

bool is_set(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found != environment.end() && !found->second.empty();
}

}  // namespace

Result<OutputSettings> output_settings_from(const Options& options, const Environment& environment) {
  OutputSettings output;
  FP_TRY_ASSIGN(output.json_result, options.flag(OptionId::kJson));
  FP_TRY_ASSIGN(output.quiet, options.flag(OptionId::kQuiet));
  FP_TRY_ASSIGN(output.verbosity, options.count(OptionId::kVerbose));
  if (output.quiet && output.verbosity > 0) {
    const Setting& quiet = *options.given(OptionId::kQuiet);
    const Setting& verbose = *options.given(OptionId::kVerbose);
    if (quiet.source == verbose.source) {
      return fail(quiet.source == Source::kFile ? ErrorKind::kConfiguration : ErrorKind::kUsage,
                  quiet.origin + " and " + verbose.origin + " cannot be combined", "omit one of the two");
    }
    output.quiet = quiet.source > verbose.source;
    if (output.quiet) output.verbosity = 0;
  }
  FP_TRY_ASSIGN(const std::string log_format, one_of(options, OptionId::kLogFormat, {"text", "json"}));
  FP_TRY_ASSIGN(const std::string color, one_of(options, OptionId::kColor, {"auto", "always", "never"}));
  const bool terminal = can_redraw(STDERR_FILENO, environment);
  output.json_log = log_format == "json";
  output.live_line = terminal && !output.quiet && !output.json_log;
  output.color =
      !output.json_log && (color == "always" || (color == "auto" && terminal && !is_set(environment, "NO_COLOR")));
  output.utf8 = speaks_utf8(environment);
  return output;
}

int print_result(std::string_view text, int code) {
  const int failure = write_all(STDOUT_FILENO, text);
  if (failure == 0) return code;
  Error error;
  error.kind = failure == ENOSPC || failure == EDQUOT ? ErrorKind::kDiskFull : ErrorKind::kDiskError;
  error.message = "cannot write to stdout: " + words(failure);
  Report(OutputSettings{}, Instant{}).failed(error);
  return code != 0 ? code : static_cast<int>(exit_code(error.kind));
}

Report::Report(OutputSettings output, Instant start) : output_(output), start_(start), writer_(STDERR_FILENO) {}

Report::~Report() {
  clear();
}

void Report::phase_began(Phase phase, unsigned attempt) {
  const Lock lock(mutex_);
  const Instant now = std::chrono::steady_clock::now();
  spans_.push_back({phase, attempt, now, std::nullopt});
  if (phase == Phase::kOnSuccess) end_at(std::max(end(), now + for_program_), for_program_);
  draw();
}

void Report::phase_ended(Phase phase, unsigned attempt) {
  const Lock lock(mutex_);
  const Instant now = std::chrono::steady_clock::now();
  const auto span = std::find_if(spans_.rbegin(), spans_.rend(), [&](const Span& each) {
    return each.phase == phase && each.attempt == attempt && !each.ended;
  });
  if (span == spans_.rend()) return;
  span->ended = now;
  if (output_.verbosity > 0) {
    const double milliseconds = milliseconds_between(span->began, now);
    std::string line(word(phase));
    line += " took " + decimal(milliseconds, "ms");
    if (attempt > 1) line += " (attempt " + std::to_string(attempt) + ")";
    log({.event = LogEvent::kPhase,
         .message = std::move(line),
         .phase = phase,
         .attempt = attempt,
         .seconds = milliseconds / 1000});
  }
  draw();
}

void Report::attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) {
  const Lock lock(mutex_);
  const Instant now = std::chrono::steady_clock::now();
  for (Span& each : spans_) {
    if (each.attempt == attempt && !each.ended) each.ended = now;
  }
  // The last error ends the run and is printed then.
  if (!next_try_in || output_.quiet) return;
  next_try_at_ = now + *next_try_in;
  const double seconds = static_cast<double>(next_try_in->count()) / 1000;
  log({.event = LogEvent::kAttemptFailed,
       .message = "attempt " + std::to_string(attempt) + " failed: " + error.message,
       .hint = error.hint,
       .phase = error.phase,
       .attempt = attempt,
       .kind = error.kind});
  log({.event = LogEvent::kNextTry,
       .message = next_try_in->count() == 0 ? "retrying now" : "retrying in " + decimal(seconds, "s"),
       .attempt = attempt + 1,
       .seconds = seconds});
  draw();
}

void Report::warned(const std::string& message) {
  const Lock lock(mutex_);
  // The same warning is printed once.
  if (std::find(warnings_.begin(), warnings_.end(), message) != warnings_.end()) return;
  warnings_.push_back(message);
  if (!output_.quiet) log({.event = LogEvent::kWarning, .message = message});
  draw();
}

void Report::reached(const std::string& what) {
  const Lock lock(mutex_);
  const bool printed = output_.verbosity > 0 || !(output_.quiet || output_.live_line);
  if (printed) log({.event = LogEvent::kReached, .message = what});
  draw();
}

void Report::detail(const std::string& text) {
  const Lock lock(mutex_);
  if (output_.verbosity > 1) log({.event = LogEvent::kDetail, .message = text});
  draw();
}

void Report::tick() {
  const Lock lock(mutex_);
  draw();
}

void Report::failed(const Error& error) {
  const Lock lock(mutex_);
  log({.event = LogEvent::kError,
       .message = error.message,
       .hint = error.hint,
       .phase = error.phase,
       .kind = error.kind});
}

void Report::entry(const LogEntry& entry) {
  const Lock lock(mutex_);
  log(entry);
  draw();
}

void Report::show_progress(std::vector<std::string> parts) {
  const Lock lock(mutex_);
  parts_ = std::move(parts);
  draw();
}

RunRecord Report::finish() {
  const Lock lock(mutex_);
  clear();
  output_.live_line = false;
  const Instant now = std::chrono::steady_clock::now();
  RunRecord record;
  record.warnings = warnings_;
  for (const Span& each : spans_) {
    record.timeline.push_back({each.phase, each.attempt, since_start(each.began),
                               milliseconds_between(each.began, each.ended.value_or(now))});
  }
  if (output_.verbosity > 0 && !output_.json_log) {
    std::string text;
    for (const std::string& line : waterfall(record.timeline, columns_of(STDERR_FILENO), output_.utf8)) {
      text += line + "\n";
    }
    writer_.write(text);
  }
  return record;
}

void Report::log(const LogEntry& entry) {
  clear();
  if (const std::size_t lost = writer_.take_dropped_count(); lost > 0) {
    writer_.write(as_line({.event = LogEvent::kWarning,
                           .message = (lost == 1 ? "1 message was" : std::to_string(lost) + " messages were") +
                                      std::string(" dropped because nothing read stderr")}));
  }
  // One write per entry, so that lines of several processes do not mix.
  writer_.write(as_line(entry));
}

std::string Report::as_line(const LogEntry& entry) const {
  return output_.json_log ? log_line(entry, std::chrono::system_clock::now()) : as_text(entry);
}

void Report::end_at(Instant end, Milliseconds for_program) {
  const Lock lock(mutex_);
  end_ = end;
  for_program_ = for_program;
  writer_.end_at(end);
}

std::optional<Phase> Report::current_phase() {
  const Lock lock(mutex_);
  const auto open = std::find_if(spans_.rbegin(), spans_.rend(), [](const Span& each) { return !each.ended; });
  return open == spans_.rend() ? std::nullopt : std::optional(open->phase);
}

std::string Report::as_text(const LogEntry& entry) const {
  const auto colored = [color = output_.color](const char* code, std::string_view text) {
    return color ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  };
  std::string text(kProgramPrefix);
  if (level_of(entry.event) == "error") text += colored("1;31", "error:") + " ";
  if (entry.event == LogEvent::kWarning) text += colored("33", "warning:") + " ";
  if (!entry.unit.empty()) text += printable(entry.unit, 200) + ": ";
  text += printable(entry.message, kMessageBytesMax) + "\n";
  if (!entry.hint.empty()) text += colored("36", "hint:") + " " + printable(entry.hint, kMessageBytesMax) + "\n";
  return text;
}

void Report::draw() {
  if (!output_.live_line) return;
  if (!parts_.empty()) return draw_parts();
  const auto open = std::find_if(spans_.rbegin(), spans_.rend(), [](const Span& each) { return !each.ended; });
  if (open == spans_.rend()) return;
  const Instant now = std::chrono::steady_clock::now();
  std::string line(progress_text(open->phase));
  line += output_.utf8 ? "…" : "...";
  if (open->phase == Phase::kWait && next_try_at_) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(std::max(Instant::duration{0}, *next_try_at_ - now));
    line += " retrying in " + std::to_string(left.count()) + " s";
  } else if (open->attempt > 1) {
    line += " (attempt " + std::to_string(open->attempt) + ")";
  }
  const double seconds = since_start(now) / 1000;
  if (seconds >= 1) line += ", " + std::to_string(static_cast<long>(seconds)) + " s so far";
  draw_line(line);
}

void Report::draw_parts() {
  const std::size_t columns = columns_of(STDERR_FILENO);
  std::string line = parts_.front();
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    std::string longer = line + ", " + parts_[i];
    if (longer.size() + 1 > columns) break;
    line = std::move(longer);
  }
  draw_line(line);
}

void Report::draw_line(std::string_view line) {
  // The last column stays free: writing it may make the terminal wrap.
  const std::size_t columns = columns_of(STDERR_FILENO);
  const std::string_view fitting = fit_columns(line, columns > 1 ? columns - 1 : 1);
  if (drawn_ == fitting) return;
  writer_.write("\r" + std::string(fitting) + "\x1b[K");
  drawn_ = fitting;
}

void Report::clear() {
  if (drawn_.empty()) return;
  writer_.write("\r\x1b[K");
  drawn_.clear();
}

double Report::since_start(Instant instant) const {
  return milliseconds_between(start_, instant);
}

}  // namespace fleet_provision
