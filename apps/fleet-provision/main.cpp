// argv -> Options -> Request -> run -> result -> exit code.

#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "adapters/system/reading_limit.hpp"
#include "adapters/system/resources.hpp"
#ifdef FLEET_PROVISION_BATCH
#include "batch/batch_command.hpp"
#endif
#include "cli/help.hpp"
#include "commands/policy_command.hpp"
#include "commands/status_command.hpp"
#include "compose.hpp"
#include "config/file_name.hpp"
#include "config/option_values.hpp"
#include "config/print_config.hpp"
#include "core/text.hpp"
#include "output/report.hpp"
#include "process/final_report.hpp"
#include "process/process_setup.hpp"
#include "process/watchdog.hpp"

namespace fleet_provision {
namespace {

/// More descriptors than a run has open at the same time. With fewer, libraries would fail without saying why.
constexpr unsigned kDescriptorsOfRun = 20;

/// Writes the result of a run; returns the exit code.
int finish(const Plan* plan, const Outcome& outcome, Report& report, bool json) {
  const RunRecord record = report.finish();
  if (outcome.error) report.failed(*outcome.error);
  const int code = outcome.error ? static_cast<int>(exit_code(outcome.error->kind)) : 0;
  if (json) return print_result(result_json(plan, outcome, record), code);
  if (!outcome.checks.empty()) return print_result(check_lines(outcome.checks), code);
  return plan != nullptr && !outcome.error ? print_result(result_lines(*plan, outcome), code) : code;
}

int refuse(Error error, Report& report, bool json, [[maybe_unused]] Command command) {
#ifdef FLEET_PROVISION_BATCH
  if (command == Command::kBatch) return batch::refuse_batch(std::move(error), report, json);
#endif
  Outcome outcome;
  outcome.error = std::move(error);
  return finish(nullptr, outcome, report, json);
}

/// Whether a command line that may be invalid asks for JSON.
bool wants_json(const std::vector<std::string>& arguments, const Environment& environment) {
  if (has_flag(arguments, OptionId::kJson)) return true;
  const auto from_environment = Options::read({}, environment);
  return from_environment && from_environment->flag(OptionId::kJson).value_or(false);
}

int print_policy(const Options& options, const OutputSettings& output, Report& report) {
  auto document = policy_document(options);
  if (!document) return refuse(std::move(document).error(), report, output.json_result, Command::kPolicy);
  for (const std::string& each : options.warnings()) report.warned(each);
  for (const std::string& each : document->warnings) report.warned(each);
  return print_result(document->text, 0);
}

/// --env, unless --json comes from a stronger source; kUsage for both from one.
Result<bool> wants_variables(const Options& options) {
  FP_TRY_ASSIGN(const bool variables, options.flag(OptionId::kEnv));
  FP_TRY_ASSIGN(const bool json, options.flag(OptionId::kJson));
  if (variables && json && options.given(OptionId::kJson)->source == options.given(OptionId::kEnv)->source) {
    return fail(ErrorKind::kUsage, "--env and --json cannot be combined", "omit one of the two");
  }
  return variables;
}

int print_status(const Options& options, const OutputSettings& output, Report& report) {
  for (const std::string& each : options.warnings()) report.warned(each);
  const auto variables = wants_variables(options);
  if (!variables) return refuse(variables.error(), report, output.json_result, Command::kStatus);
  const bool json = output.json_result && !*variables;
  const auto state_dir = state_directory(options);
  if (!state_dir) return refuse(state_dir.error(), report, json, Command::kStatus);
  auto state = read_state(*state_dir, report);
  if (!state) return refuse(std::move(state).error(), report, json, Command::kStatus);
  if (state->damage) report.failed(*state->damage);
  const int code = exit_code(state->kind);
  if (*variables) {
    if (state->kind != StateKind::kProvisioned) {
      if (!state->damage) report.warned(*state_dir + " holds no identity: " + std::string(word(state->kind)));
      return code;
    }
    auto lines = status_variables(absolute_path(*state_dir), *state->identity);
    return lines ? print_result(*lines, code) : refuse(std::move(lines).error(), report, json, Command::kStatus);
  }
  const RunRecord record = report.finish();
  return print_result(json ? status_json(*state_dir, *state, record) : status_lines(*state_dir, *state), code);
}

/// The request of the command; those of `verify` and `rotate` start from the existing identity.
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
    // After a cut within the commit the complete identity is still in pending/.
    const auto& present = state.identity || !state.pending ? state.identity : state.pending->complete;
    if (present) return rotation_from_options(options, environment, *present, warnings);
  }
  return fail(ErrorKind::kNotProvisioned, state_dir + " holds no identity",
              "provision this gateway first, or give its --state-dir");
}

/// Subtracts the time since `start`, which reading the input took, from the timeout.
void subtract_reading_time(Plan& plan, Instant start) {
  const auto taken = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
  plan.timeout = std::max(Milliseconds{1}, plan.timeout - taken);
}

/// Writes the result of a run once, from whichever thread claims the final report first.
class ResultReporter {
 public:
  ResultReporter(Report& report, bool json) : report_(report), json_(json) {}
  ResultReporter(const ResultReporter&) = delete;
  ResultReporter& operator=(const ResultReporter&) = delete;

  /// From now on the result names the request.
  void set_plan(const Plan& plan) {
    plan_ = plan;
    known_plan_ = &*plan_;
  }
  /// Writes the result and returns the exit code. The caller holds the final report.
  [[nodiscard]] int write(const Outcome& outcome) { return finish(known_plan_, outcome, report_, json_); }
  [[nodiscard]] int write(Error error) { return write(failed(std::move(error))); }
  /// For the thread that runs the command.
  [[nodiscard]] int claim_and_write(const Outcome& outcome) {
    // Another thread is writing the result, and ends the process after that.
    while (!claim_final_report()) ::pause();
    return write(outcome);
  }
  [[nodiscard]] int claim_and_write(Error error) { return claim_and_write(failed(std::move(error))); }
  /// The run goes on 0.8 s after a signal.
  void on_ignored_signal(ErrorKind kind) {
    end_process_after(kTimeToWrite, static_cast<int>(exit_code(kind)));
    if (!claim_final_report()) return;
    Error error;
    error.kind = kind;
    error.message = std::string("stopped by ") + (kind == ErrorKind::kInterrupted ? "SIGINT" : "SIGTERM");
    error.hint = "rerun the same command to resume";
    ::_exit(write(std::move(error)));
  }
  /// The run goes on 0.8 s after its timeout. A run that is writing its result waits for its reader instead.
  void on_timeout() {
    if (!claim_final_report()) return;
    Error error;
    error.kind = ErrorKind::kNoAnswer;
    end_process_after(kTimeToWrite, static_cast<int>(exit_code(error.kind)));
    error.phase = report_.current_phase();
    error.message = "the run was stuck" + (error.phase ? " in phase " + std::string(word(*error.phase)) : "") +
                    " when --timeout ended";
    error.hint = error.phase == Phase::kKey
                     ? "raise --timeout, or use --key-type ec-p256, which is generated fastest; of a key in hardware "
                       "check that the TPM or token responds"
                     : "check for a hanging disk, for a TPM or token that does not respond, and for pipes among the "
                       "files that OpenSSL reads (OPENSSL_CONF, SSL_CERT_FILE, SSL_CERT_DIR), then rerun";
    ::_exit(write(std::move(error)));
  }

 private:
  static constexpr std::chrono::milliseconds kTimeToWrite{150};

  [[nodiscard]] static Outcome failed(Error error) {
    Outcome outcome;
    outcome.error = std::move(error);
    return outcome;
  }

  Report& report_;
  bool json_;
  std::optional<Plan> plan_;
  std::atomic<const Plan*> known_plan_{nullptr};
};

int run_command(const Options& options, const Environment& environment, OutputSettings output, Report& report,
                Instant start) {
  for (const std::string& each : options.warnings()) report.warned(each);
  // Not destroyed, because a signal may arrive until the process ends.
  static Interrupt interrupt;
  deliver_signals_to(interrupt);
  const Instant end_of_reading = start + timeout_of(options);
  const ReadingLimit limit(end_of_reading, &interrupt);
  report.end_at(end_of_reading, Milliseconds{0});
  ResultReporter result(report, output.json_result);
  Watchdog::Callbacks callbacks{.tick = {},
                                .deadline = [&report] { return report.end(); },
                                .on_timeout = [&result] { result.on_timeout(); },
                                .on_ignored_signal = [&result](ErrorKind kind) { result.on_ignored_signal(kind); }};
  if (output.live_line) callbacks.tick = [&report] { report.tick(); };
  const Watchdog watchdog(interrupt, std::move(callbacks));
  std::vector<std::string> warnings;
  auto request = request_of(options, environment, report, warnings);
  for (const std::string& each : warnings) report.warned(each);
  if (!request) return result.claim_and_write(std::move(request).error());
  subtract_reading_time(request->plan, start);

  for (const std::string& each : request->warnings) report.warned(each);
  const Plan& plan = request->plan;
  report.end_at(std::chrono::steady_clock::now() + plan.splay + plan.timeout, plan.timeout);
  result.set_plan(plan);
  const FinalReporter final_reporter([&result](Error error) { return result.write(std::move(error)); });
  const Outcome outcome = run(options.command(), std::move(*request), environment, interrupt, report);
  return result.claim_and_write(outcome);
}

int run_batch(const Options& options, const Environment& environment, const OutputSettings& output, Report& report) {
#ifdef FLEET_PROVISION_BATCH
  return batch::batch_command(options, environment, output, report);
#else
  static_cast<void>(options);
  static_cast<void>(environment);
  Error error;
  error.kind = ErrorKind::kUsage;
  error.message = "this build of fleet-provision has no command batch";
  error.hint = "use a build with -DFLEET_PROVISION_BATCH=ON, as the Debian package has";
  return refuse(std::move(error), report, output.json_result, Command::kBatch);
#endif
}

int run_process(const std::vector<std::string>& arguments, const Environment& environment, Instant start) {
  // A configuration file may be a pipe as well; the --timeout in it is not known yet.
  const ReadingLimit limit(start + unchecked_timeout(arguments, environment), nullptr);
  const auto options = Options::read(arguments, environment);
  const auto requested = [&](OptionId id) { return options ? options->given(id) != nullptr : has_flag(arguments, id); };
  if (requested(OptionId::kHelp))
    return print_result(help_text(options ? options->command() : command_of(arguments)), 0);
  if (requested(OptionId::kVersion)) return print_result(version_text(), 0);

  if (options && options->given(OptionId::kPrintConfig) != nullptr) {
    return print_result(print_config(*options, environment), 0);
  }
  const auto output =
      options ? output_settings_from(*options, environment) : Result<OutputSettings>(fail(options.error()));
  if (!output) {
    OutputSettings plain;
    plain.json_log = unchecked_value(arguments, environment, OptionId::kLogFormat) == "json";
    // The output options may be invalid too, but -q can be recognised.
    plain.quiet = has_flag(arguments, OptionId::kQuiet);
    Report report(plain, start);
    for (const std::string& each : unknown_variables(environment)) report.warned(each);
    return refuse(output.error(), report, wants_json(arguments, environment), command_of(arguments));
  }
  Report report(*output, start);
  const auto refused = [&](Error error) {
    return refuse(std::move(error), report, output->json_result, options->command());
  };
  const FinalReporter final_reporter(refused);
  if (auto enough = need_descriptors(kDescriptorsOfRun); !enough) return refused(std::move(enough).error());
  if (auto belong = check_options_of_command(*options); !belong) return refused(std::move(belong).error());
  if (auto fit = check_file_names(*options); !fit) return refused(std::move(fit).error());
  if (options->command() == Command::kStatus) return print_status(*options, *output, report);
  if (options->command() == Command::kPolicy) return print_policy(*options, *output, report);
  if (options->command() == Command::kBatch) return run_batch(*options, environment, *output, report);
  return run_command(*options, environment, *output, report, start);
}

}  // namespace
}  // namespace fleet_provision

int main(int argc, char** argv) {
  using namespace fleet_provision;
  const Instant start = std::chrono::steady_clock::now();
  const auto prepared = prepare_process();
  const Environment environment = take_environment();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto report_error = [&](Error error) {
    Report report(OutputSettings{}, start);
    return refuse(std::move(error), report, wants_json(arguments, environment), command_of(arguments));
  };
  const FinalReporter final_reporter(report_error);
  int code = 0;
  try {
    code = prepared ? run_process(arguments, environment, start) : report_error(prepared.error());
  } catch (...) {
    Error error = error_of_exception("unexpected");
    if (error.kind == ErrorKind::kInternal) error.hint = "report this fault of fleet-provision with the output of -vv";
    code = report_error(std::move(error));
  }
#ifndef FLEET_PROVISION_SANITIZED
  // Threads of the MQTT library may still run (see paho_transport.cpp), so destructors of globals must not; nothing is
  // buffered. A sanitizer needs the ordinary end.
  ::_exit(code);
#endif
  return code;
}
