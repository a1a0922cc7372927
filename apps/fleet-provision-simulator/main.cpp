// fleet-provision-simulator: the Fleet Provisioning service on this machine.
//
// The program reads its options, prepares the state directory and the PKI, starts the broker, and waits. The model of
// the service, service/, runs inside the broker as its plugin.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "adapters/system/standard_descriptors.hpp"
#include "broker/broker.hpp"
#include "pki/pki.hpp"
#include "service/documents.hpp"
#include "service/encode.hpp"
#include "simulator/command_line.hpp"
#include "simulator/endpoint.hpp"
#include "simulator/options.hpp"
#include "simulator/report_at_exit.hpp"
#include "simulator/report_command.hpp"
#include "simulator/state_directory.hpp"
#include "simulator/supervisor.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::chrono::milliseconds kBrokerStartTimeout{10'000};
constexpr const char* kPlugin = "fleet-provision-simulator-plugin.so";

std::string own_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

// In a build tree the plugin is beside the executable. In an installation its directory is relative to the executable,
// so that the installation can be moved.
Result<std::string> find_plugin(const std::string& executable_directory) {
  const std::string installed = executable_directory + "/" FLEET_PROVISION_INSTALLED_PLUGIN_DIR;
  for (const std::string& directory : {executable_directory, installed}) {
    const std::string path = directory + "/" + kPlugin;
    if (exists(path)) return path;
  }
  return fail(
      ErrorKind::kInternal,
      std::string("cannot find the broker's plugin ") + kPlugin + " in " + executable_directory + " or " + installed,
      "reinstall fleet-provision-simulator");
}

/// The facts that clients and COMMAND get once the broker accepts connections.
struct Ready {
  std::string endpoint;
  std::uint16_t port = 0;
  Pki pki;
  std::string template_name;
  std::string state_dir;
  std::string log;
};

Result<void> print(const std::string& text) {
  if (write_all(STDOUT_FILENO, text)) return {};
  const ErrorKind kind = errno == ENOSPC || errno == EDQUOT ? ErrorKind::kDiskFull : ErrorKind::kDiskError;
  return fail(kind, std::string("cannot write to stdout: ") + std::strerror(errno));
}

Result<void> print_ready_line(const Ready& ready) {
  const Members line{{"endpoint", text_value(ready.endpoint)},
                     {"port", number_value(ready.port)},
                     {"caFile", text_value(ready.pki.root_certificate)},
                     {"claimCertificate", text_value(ready.pki.claim_certificate)},
                     {"claimKey", text_value(ready.pki.claim_key)},
                     {"claim", text_value(ready.pki.claim_document)},
                     {"template", text_value(ready.template_name)},
                     {"stateDir", text_value(ready.state_dir)},
                     {"log", text_value(ready.log)},
                     {"pid", Value{std::int64_t{::getpid()}}}};
  return print(encode(line, Encoding::kJson) + "\n");
}

std::map<std::string, std::string> variables_for(const Ready& ready) {
  std::map<std::string, std::string> variables{{"FLEET_PROVISION_ENDPOINT", ready.endpoint},
                                               {"FLEET_PROVISION_PORT", std::to_string(ready.port)},
                                               {"FLEET_PROVISION_CA_FILE", ready.pki.root_certificate},
                                               {"FLEET_PROVISION_CLAIM_CERT", ready.pki.claim_certificate},
                                               {"FLEET_PROVISION_TEMPLATE", ready.template_name}};
  // With --claim-csr only the caller knows where the key is: a variable that it has set stays.
  if (!ready.pki.claim_key.empty()) variables["FLEET_PROVISION_CLAIM_KEY"] = ready.pki.claim_key;
  return variables;
}

void print_warnings(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) {
    std::fprintf(stderr, "fleet-provision-simulator: warning: %s\n", warning.c_str());
  }
}

// Finds out before the broker starts whether its plugin can write the event log.
Result<void> check_event_log(const std::string& path, const std::string& state_dir) {
  std::error_code error;
  // Opening a pipe would wait for its reader, and closing it would end that reader's input.
  if (std::filesystem::is_fifo(path, error)) return {};
  FP_TRY(open_event_log(path, state_dir));
  return {};
}

void report(const Error& error) {
  std::fprintf(stderr, "fleet-provision-simulator: error: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

void report(const std::string& message, const std::string& hint = {}) {
  report(fail(ErrorKind::kInternal, message, hint).value());
}

// A temporary state directory is removed at exit, and the broker's log with it.
std::string broker_log_hint(const Options& options, const std::string& state_dir) {
  if (options.state_dir.empty()) return "rerun with --state-dir DIR, then see DIR/run/mosquitto.log";
  return "see " + state_dir + "/run/mosquitto.log";
}

// Runs until COMMAND ends, a signal ends the simulator, or the broker ends. Gives the exit code.
Result<int> supervise(const Options& options, const Ready& ready, Broker& broker, const Supervisor& supervisor) {
  Supervisor::Started started;
  if (options.command.empty()) {
    FP_TRY(print_ready_line(ready));
  } else {
    started = supervisor.start(options.command, variables_for(ready), own_directory());
    if (started.pid < 0) {
      report(started.message);
      return started.exit_code;
    }
  }
  const Supervisor::End end = supervisor.wait(started.pid, broker.pid());
  if (!end.broker_ended) return end.exit_code;
  broker.forget();
  report("mosquitto ended unexpectedly", broker_log_hint(options, ready.state_dir));
  return options.command.empty() ? static_cast<int>(ExitCode::kSoftware) : end.exit_code;
}

// What CI should see although nothing failed, e.g. a response that was delivered without a subscription.
void print_warnings_of(Broker& broker) {
  broker.end();
  print_warnings(broker.take_warnings());
}

// COMMAND's failure counts more than that of the page, which is reported in any case.
Result<int> with_report(const Options& options, const std::string& events, Result<int> exit_status) {
  if (options.report.empty()) return exit_status;
  const auto written = write_report_at_exit(options.report, events);
  if (written) return exit_status;
  Error error = written.error();
  if (!options.state_dir.empty()) {
    error.hint = "make the page from the events: fleet-provision-simulator report --log " + events;
  }
  report(error);
  if (!exit_status || *exit_status != 0) return exit_status;
  return options.command.empty() ? static_cast<int>(exit_code(error.kind)) : kOwnFailure;
}

Result<int> serve(const Options& options, const Supervisor& supervisor) {
  Configuration configuration = options.configuration;
  // The plugin reads the documents again; here an error still has a terminal to go to.
  FP_TRY_ASSIGN(const Documents documents, read_documents(configuration));
  print_warnings(documents.warnings);
  FP_TRY_ASSIGN(const std::string plugin, find_plugin(own_directory()));

  FP_TRY_ASSIGN(StateDirectory state, StateDirectory::open(options.state_dir, options.user));
  if (options.user) FP_TRY(become(*options.user));
  FP_TRY(state.lock());
  FP_TRY(make_own_directory(state.path() + "/run", 0700));

  Ready ready;
  FP_TRY_ASSIGN(const ReservedPort port, reserve_port(options.listen, options.port));
  FP_TRY_ASSIGN(ready.pki,
                prepare_pki(state.path() + "/pki", server_names(options.listen, options.names), options.claim));
  ready.endpoint = endpoint_for(options.listen);
  ready.port = port.port;
  ready.template_name = configuration.templates.front().name;
  ready.state_dir = state.path();
  ready.log = options.log.empty() ? state.path() + "/events.jsonl" : absolute(options.log);

  FP_TRY(check_event_log(ready.log, state.path()));
  configuration.state_dir = state.path();
  configuration.log_file = ready.log;
  if (!options.report.empty()) {
    FP_TRY_ASSIGN(configuration.report_events_file, prepare_report(options.report, ready.log, state.path() + "/run"));
  }
  const BrokerSettings settings{.listen = options.listen,
                                .port = port.port,
                                .plugin = plugin,
                                .run_dir = state.path() + "/run",
                                .log_hint = broker_log_hint(options, state.path())};
  FP_TRY_ASSIGN(Broker broker, Broker::start(settings, ready.pki, configuration, kBrokerStartTimeout));
  Result<int> exit_status = supervise(options, ready, broker, supervisor);
  print_warnings_of(broker);
  return with_report(options, configuration.report_events_file, std::move(exit_status));
}

// A simulator that runs a COMMAND has one code for all its own failures, so that they differ from COMMAND's.
int report_failure(const Error& error, bool has_command) {
  report(error);
  return has_command ? kOwnFailure : static_cast<int>(exit_code(error.kind));
}

// Signals have their usual effect: it has no broker to end.
int make_report(const std::vector<std::string>& arguments) {
  if (!open_standard_descriptors()) return kOwnFailure;
  const auto output = run_report_command(arguments);
  if (!output) return report_failure(output.error(), false);
  if (!output->warning.empty()) {
    std::fprintf(stderr, "fleet-provision-simulator: warning: %s\n", output->warning.c_str());
  }
  const auto printed = print(output->text);
  return printed ? 0 : report_failure(printed.error(), false);
}

int run(const std::vector<std::string>& arguments) {
  if (is_report_command(arguments)) return make_report(arguments);
  const Supervisor supervisor;
  const auto options = parse_options(arguments);
  if (!options) return report_failure(options.error(), names_a_command(arguments));
  if (options->text) {
    const auto printed = print(*options->text);
    return printed ? 0 : report_failure(printed.error(), false);
  }
  const auto exit_status = serve(*options, supervisor);
  return exit_status ? *exit_status : report_failure(exit_status.error(), !options->command.empty());
}

}  // namespace

}  // namespace fleet_provision::simulator

int main(int argc, char** argv) {
  using namespace fleet_provision::simulator;
  try {
    return run({argv, argv + argc});
  } catch (const std::bad_alloc&) {
    std::fputs("fleet-provision-simulator: error: out of memory\n", stderr);
    return kOwnFailure;
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "fleet-provision-simulator: error: %s\n", exception.what());
    return kOwnFailure;
  }
}
