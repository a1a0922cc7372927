// argv -> Options -> Request -> run -> result -> exit code.

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/reading_limit.hpp"
#include "adapters/system/resources.hpp"
#include "cli/help.hpp"
#include "commands/policy_command.hpp"
#include "commands/status_command.hpp"
#include "compose.hpp"
#include "config/file_name.hpp"
#include "config/option_values.hpp"
#include "config/print_config.hpp"
#include "core/text.hpp"
#include "output/report.hpp"
#include "output/terminal.hpp"
#include "output/watch.hpp"
#include "process/last_words.hpp"
#include "process/process.hpp"

namespace fleet_provision {
namespace {

/// What a run has open at the same time, generously. With fewer, libraries would fail without saying why.
constexpr unsigned kDescriptorsOfRun = 20;

/// Writes to stdout; what cannot be written there is an error of the run, never silence.
int print(std::string_view text, int code) {
  const int failure = write_all(STDOUT_FILENO, text);
  if (failure == 0) return code;
  Error error;
  error.kind = failure == ENOSPC || failure == EDQUOT ? ErrorKind::kDiskFull : ErrorKind::kDiskError;
  error.message = "cannot write to stdout: " + words(failure);
  Report(OutputSettings{}, Instant{}).failed(error);
  return code != 0 ? code : static_cast<int>(exit_code(error.kind));
}

int finish(const Plan* plan, const Outcome& outcome, Report& report, bool json) {
  const RunRecord record = report.finish();
  if (outcome.error) report.failed(*outcome.error);
  const int code = outcome.error ? static_cast<int>(exit_code(outcome.error->kind)) : 0;
  if (json) return print(result_json(plan, outcome, record), code);
  if (!outcome.checks.empty()) return print(check_lines(outcome.checks), code);
  return plan != nullptr && !outcome.error ? print(result_lines(*plan, outcome), code) : code;
}

int refuse(Error error, Report& report, bool json) {
  Outcome outcome;
  outcome.error = std::move(error);
  return finish(nullptr, outcome, report, json);
}

/// Of a command line that is wrong.
bool wants_json(const std::vector<std::string>& arguments, const Environment& environment) {
  if (asks_for(arguments, OptionId::kJson)) return true;
  const auto from_environment = Options::read({}, environment);
  return from_environment && from_environment->flag(OptionId::kJson).value_or(false);
}

int print_policy(const Options& options, const OutputSettings& output, Report& report) {
  auto document = policy_document(options);
  if (!document) return refuse(std::move(document).error(), report, output.json_result);
  for (const std::string& each : options.warnings()) report.warned(each);
  for (const std::string& each : document->warnings) report.warned(each);
  return print(document->text, 0);
}

/// --env, unless --json comes from a stronger source; kUsage for both from one.
Result<bool> wants_variables(const Options& options) {
  FP_TRY_ASSIGN(const bool variables, options.flag(OptionId::kEnv));
  FP_TRY_ASSIGN(const bool json, options.flag(OptionId::kJson));
  if (variables && json && options.given(OptionId::kJson)->source == options.given(OptionId::kEnv)->source) {
    return fail(ErrorKind::kUsage, "--env and --json cannot be combined", "leave one of them out");
  }
  return variables;
}

int print_status(const Options& options, const OutputSettings& output, Report& report) {
  for (const std::string& each : options.warnings()) report.warned(each);
  const auto variables = wants_variables(options);
  if (!variables) return refuse(variables.error(), report, output.json_result);
  const bool json = output.json_result && !*variables;
  const auto state_dir = state_directory(options);
  if (!state_dir) return refuse(state_dir.error(), report, json);
  auto state = read_state(*state_dir, report);
  if (!state) return refuse(std::move(state).error(), report, json);
  if (state->damage) report.failed(*state->damage);
  const int code = exit_code(state->kind);
  if (*variables) {
    if (state->kind != StateKind::kProvisioned) {
      if (!state->damage) report.warned(*state_dir + " holds no identity: " + std::string(word(state->kind)));
      return code;
    }
    auto lines = status_variables(whole_path(*state_dir), *state->identity);
    return lines ? print(*lines, code) : refuse(std::move(lines).error(), report, json);
  }
  const RunRecord record = report.finish();
  return print(json ? status_json(*state_dir, *state, record) : status_lines(*state_dir, *state), code);
}

/// The requests of `verify` and `rotate` are about the identity that is there.
Result<Request> request_of(const Options& options, const Environment& environment, Report& report,
                           std::vector<std::string>& warnings) {
  const Command command = options.command();
  if (command != Command::kVerify && command != Command::kRotate) {
    return plan_from_options(options, environment, warnings);
  }
  FP_TRY_ASSIGN(const std::string state_dir, state_directory(options));
  FP_TRY_ASSIGN(const State state, read_state(state_dir, report));
  if (state.damage) return fail(*state.damage);
  if (command == Command::kVerify && state.identity) {
    return verification_from_options(options, environment, *state.identity, warnings);
  }
  if (command == Command::kRotate) {
    // One that was cut off within its commit goes on with that.
    const auto& present = state.identity || !state.pending ? state.identity : state.pending->whole;
    if (present) return rotation_from_options(options, environment, *present, warnings);
  }
  return fail(ErrorKind::kNotProvisioned, state_dir + " holds no identity",
              "provision this gateway first, or name its --state-dir");
}

/// What reading the input took is gone from the time of the run.
void shorten(Plan& plan, Instant start) {
  const auto taken = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
  plan.timeout = std::max(Milliseconds{1}, plan.timeout - taken);
}

/// Tells the end of a run once, whichever thread comes first: the one that works, or the one that watches it.
class Ending {
 public:
  Ending(Report& report, bool json) : report_(report), json_(json) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  /// From then on the result names what was asked for.
  void know(const Plan& plan) {
    plan_ = plan;
    known_ = &*plan_;
  }
  [[nodiscard]] int tell(const Outcome& outcome) { return finish(known_, outcome, report_, json_); }
  [[nodiscard]] int tell(Error error) {
    Outcome outcome;
    outcome.error = std::move(error);
    return tell(outcome);
  }
  /// By the thread that works.
  [[nodiscard]] int last(const Outcome& outcome) {
    // Another thread may be telling the result just now, and then ends the process.
    while (!take_last_word()) ::pause();
    return tell(outcome);
  }
  [[nodiscard]] int last(Error error) {
    Outcome outcome;
    outcome.error = std::move(error);
    return last(outcome);
  }
  /// The run does not end though a signal has come.
  void stuck(ErrorKind kind) {
    end_process_after(kMomentToTell, static_cast<int>(exit_code(kind)));
    if (!take_last_word()) return;
    Error error;
    error.kind = kind;
    error.message = kind == ErrorKind::kInterrupted ? "interrupted" : "terminated";
    error.hint = "what was reached is kept; run the same command again to go on";
    ::_exit(tell(std::move(error)));
  }
  /// The run does not end though its time is over. A run that is telling its result waits for its reader.
  void late() {
    if (!take_last_word()) return;
    Error error;
    error.kind = ErrorKind::kNoAnswer;
    end_process_after(kMomentToTell, static_cast<int>(exit_code(error.kind)));
    error.phase = report_.under_way();
    error.message = "the run was stuck" + (error.phase ? " in phase " + std::string(word(*error.phase)) : "") +
                    " when its time (--timeout) was over";
    error.hint = error.phase == Phase::kKey
                     ? "give it more time with --timeout, or use --key-type ec-p256, which takes the least"
                     : "look whether a disk does not answer, or a file that OpenSSL reads (OPENSSL_CONF, "
                       "SSL_CERT_FILE, SSL_CERT_DIR) is a pipe; then run again";
    ::_exit(tell(std::move(error)));
  }

 private:
  static constexpr std::chrono::milliseconds kMomentToTell{150};

  Report& report_;
  bool json_;
  std::optional<Plan> plan_;
  std::atomic<const Plan*> known_{nullptr};
};

int run_as_asked(const Options& options, const Environment& environment, OutputSettings output, Report& report,
                 Instant start) {
  for (const std::string& each : options.warnings()) report.warned(each);
  // Not destroyed: a signal may come until the very end.
  static Interrupt interrupt;
  deliver_signals_to(interrupt);
  const Instant end_of_reading = start + timeout_of(options);
  const ReadingLimit limit(end_of_reading, &interrupt);
  report.end_at(end_of_reading, Milliseconds{0});
  Ending ending(report, output.json_result);
  Watch::Calls calls{.tick = {},
                     .end = [&report] { return report.end(); },
                     .late = [&ending] { ending.late(); },
                     .stuck = [&ending](ErrorKind kind) { ending.stuck(kind); }};
  if (output.live_line) calls.tick = [&report] { report.tick(); };
  const Watch watch(interrupt, std::move(calls));
  std::vector<std::string> warnings;
  auto request = request_of(options, environment, report, warnings);
  for (const std::string& each : warnings) report.warned(each);
  if (!request) return ending.last(std::move(request).error());
  shorten(request->plan, start);

  for (const std::string& each : request->warnings) report.warned(each);
  const Plan& plan = request->plan;
  report.end_at(std::chrono::steady_clock::now() + plan.splay + plan.timeout, plan.timeout);
  ending.know(plan);
  const LastWords last_words([&ending](Error error) { return ending.tell(std::move(error)); });
  const Outcome outcome = run(options.command(), std::move(*request), environment, interrupt, report);
  return ending.last(outcome);
}

int run_process(const std::vector<std::string>& arguments, const Environment& environment, Instant start) {
  // A configuration file may be a pipe as well; what it says of --timeout is not known yet.
  const ReadingLimit limit(start + timeout_sought(arguments, environment), nullptr);
  const auto options = Options::read(arguments, environment);
  const auto asked = [&](OptionId id) { return options ? options->given(id) != nullptr : asks_for(arguments, id); };
  if (asked(OptionId::kHelp)) return print(help_text(options ? options->command() : command_of(arguments)), 0);
  if (asked(OptionId::kVersion)) return print(version_text(), 0);

  if (options && options->given(OptionId::kPrintConfig) != nullptr) {
    return print(print_config(*options, environment), 0);
  }
  const auto output =
      options ? output_settings_from(*options, environment) : Result<OutputSettings>(fail(options.error()));
  if (!output) {
    OutputSettings plain;
    plain.json_log = value_sought(arguments, environment, OptionId::kLogFormat) == "json";
    // What is asked of the output is as unsure as the rest, but -q is easily seen.
    plain.quiet = asks_for(arguments, OptionId::kQuiet);
    Report report(plain, start);
    for (const std::string& each : unknown_variables(environment)) report.warned(each);
    return refuse(output.error(), report, wants_json(arguments, environment));
  }
  Report report(*output, start);
  const LastWords last_words([&](Error error) { return refuse(std::move(error), report, output->json_result); });
  if (auto enough = need_descriptors(kDescriptorsOfRun); !enough) {
    return refuse(std::move(enough).error(), report, output->json_result);
  }
  if (auto belong = belong_to_command(*options); !belong) {
    return refuse(std::move(belong).error(), report, output->json_result);
  }
  if (auto fit = check_file_names(*options); !fit) return refuse(std::move(fit).error(), report, output->json_result);
  if (options->command() == Command::kStatus) return print_status(*options, *output, report);
  if (options->command() == Command::kPolicy) return print_policy(*options, *output, report);
  return run_as_asked(*options, environment, *output, report, start);
}

}  // namespace
}  // namespace fleet_provision

int main(int argc, char** argv) {
  using namespace fleet_provision;
  const Instant start = std::chrono::steady_clock::now();
  const auto settled = settle_process();
  const Environment environment = take_environment();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto end_with = [&](Error error) {
    Report report(OutputSettings{}, start);
    return refuse(std::move(error), report, wants_json(arguments, environment));
  };
  const LastWords last_words(end_with);
  int code = 0;
  try {
    code = settled ? run_process(arguments, environment, start) : end_with(settled.error());
  } catch (...) {
    Error error = error_of_exception("unexpected");
    if (error.kind == ErrorKind::kInternal) error.hint = "this is a fault of fleet-provision; please report it";
    code = end_with(std::move(error));
  }
#ifndef FLEET_PROVISION_SANITIZED
  // Threads of the MQTT library may still be at work (see paho_transport.cpp): nothing is to be taken down under them,
  // and nothing is buffered. A sanitizer wants to see the ordinary end.
  ::_exit(code);
#endif
  return code;
}
