// fleet-provision-simulator: the Fleet Provisioning service on this machine.
//
// main reads options, prepares the state directory and the PKI, starts the broker and waits. What the service does is
// in service/, which runs inside the broker as its plugin.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "broker/user.hpp"
#include "pki/pki.hpp"
#include "records/files.hpp"
#include "service/document.hpp"
#include "service/faults.hpp"
#include "service/policy.hpp"
#include "service/template.hpp"
#include "simulator/command.hpp"
#include "simulator/options.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::chrono::milliseconds kBrokerPatience{10'000};
constexpr const char* kPlugin = "fleet-provision-simulator-plugin.so";

std::string own_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

// Beside the executable in a build tree, else at a place relative to it, so that an installation can be moved.
Result<std::string> find_plugin(const std::string& directory) {
  for (const std::string& place : {directory, directory + "/" FLEET_PROVISION_INSTALLED_PLUGIN_DIR}) {
    const std::string path = place + "/" + kPlugin;
    if (exists(path)) return path;
  }
  return fail(ErrorKind::kInternal, std::string("the broker's plugin ") + kPlugin + " is neither in " + directory +
                                        " nor in " FLEET_PROVISION_INSTALLED_PLUGIN_DIR " from there");
}

// One simulator at a time in a state directory.
Result<Descriptor> lock_state(const std::string& directory) {
  const std::string path = directory + "/lock";
  FP_TRY_ASSIGN(Descriptor lock, open_own_file(path, O_RDWR | O_CREAT, 0600));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kLocked, "another simulator uses " + directory, "give it another --state-dir");
  }
  return lock;
}

// Whether /etc/hosts gives this address the name localhost.
bool is_localhost(std::string_view address) {
  std::istringstream hosts(read_file("/etc/hosts").value_or(""));
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    words >> word;
    if (word != address) continue;
    while (words >> word) {
      if (word == "localhost") return true;
    }
  }
  return false;
}

// The name that clients are told: one that the server's certificate holds and that leads to the listener.
std::string endpoint_for(const std::string& listen) {
  if (listen == "127.0.0.1" || listen == "0.0.0.0") return is_localhost("127.0.0.1") ? "localhost" : "127.0.0.1";
  // mosquitto takes IPv6 alone there.
  if (listen == "::1" || listen == "::") return is_localhost("::1") ? "localhost" : "::1";
  return listen;
}

/// What the run knows once the broker is up.
struct Ready {
  std::string endpoint;
  std::uint16_t port = 0;
  Pki pki;
  std::string template_name;
  std::string state_dir;
  std::string log;
};

// What cannot be written to stdout is an error, never silence.
Result<void> print(const std::string& text) {
  if (write_all(STDOUT_FILENO, text)) return {};
  const ErrorKind kind = errno == ENOSPC || errno == EDQUOT ? ErrorKind::kDiskFull : ErrorKind::kDiskError;
  return fail(kind, std::string("cannot write to stdout: ") + std::strerror(errno));
}

Result<void> announce(const Ready& ready) {
  const auto text = [](const std::string& value) { return Value{value}; };
  const Members line{
      {"endpoint", text(ready.endpoint)},           {"port", Value{std::int64_t{ready.port}}},
      {"caFile", text(ready.pki.root_certificate)}, {"claimCertificate", text(ready.pki.claim_certificate)},
      {"claimKey", text(ready.pki.claim_key)},      {"template", text(ready.template_name)},
      {"stateDir", text(ready.state_dir)},          {"log", text(ready.log)},
      {"pid", Value{std::int64_t{::getpid()}}}};
  return print(encode(line, Encoding::kJson) + "\n");
}

std::map<std::string, std::string> variables_for(const Ready& ready) {
  return {{"FLEET_PROVISION_ENDPOINT", ready.endpoint},
          {"FLEET_PROVISION_PORT", std::to_string(ready.port)},
          {"FLEET_PROVISION_CA_FILE", ready.pki.root_certificate},
          {"FLEET_PROVISION_CLAIM_CERT", ready.pki.claim_certificate},
          {"FLEET_PROVISION_CLAIM_KEY", ready.pki.claim_key},
          {"FLEET_PROVISION_TEMPLATE", ready.template_name}};
}

// Everything the model will refuse is refused here, before the broker starts.
Result<void> check_configuration(const Configuration& configuration) {
  for (const auto& each : configuration.templates) FP_TRY(ProvisioningTemplate::parse(each.name, each.body));
  for (const auto& each : configuration.faults) FP_TRY(parse_fault(each));
  FP_TRY(Policy::parse("claim policy", configuration.claim_policy));
  return {};
}

void complain(const Error& error) {
  std::fprintf(stderr, "fleet-provision-simulator: error: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

// The directory that is named, or a temporary one; it is there when this returns.
Result<std::string> use_state_directory(std::string named, const std::optional<User>& user,
                                        std::optional<TemporaryDirectory>& temporary) {
  const bool is_new = named.empty() || !exists(named);
  if (named.empty()) {
    FP_TRY_ASSIGN(auto made, TemporaryDirectory::make());
    temporary.emplace(std::move(made));
    named = temporary->path();
  }
  FP_TRY(make_directory(named, 0755));
  if (user && is_new) FP_TRY(give_directory(named, *user));
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(named, error);
  if (error) return fail(ErrorKind::kStateNotWritable, "cannot use " + named + ": " + error.message());
  return canonical.string();
}

std::vector<std::string> names_of_server(const Options& options) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  if (options.listen != "0.0.0.0" && options.listen != "::") add(options.listen);
  for (const std::string& each : options.names) add(each);
  return names;
}

// Told here, in one line, rather than by the broker at its start.
Result<void> check_log(const std::string& path, const std::string& state_dir) {
  std::error_code error;
  // To open a pipe is to wait for its reader, and then to leave it.
  if (std::filesystem::is_fifo(path, error)) return {};
  FP_TRY(open_event_log(path, state_dir));
  return {};
}

// Until COMMAND has ended, or a signal or the broker's end; gives the exit code.
Result<int> accompany(const Options& options, const Ready& ready, Broker& broker, const Signals& signals) {
  Signals::Started started;
  if (options.command.empty()) {
    FP_TRY(announce(ready));
  } else {
    started = signals.start(options.command, variables_for(ready), own_directory());
    if (started.pid < 0) {
      complain({ErrorKind::kInternal, {}, started.message, {}, {}, {}});
      return started.exit_code;
    }
  }
  const Signals::End end = signals.wait(started.pid, broker.pid());
  if (!end.broker_ended) return end.exit_code;
  broker.forget();
  const std::string message = "mosquitto ended before its time; see " + ready.state_dir + "/run/mosquitto.log";
  complain({ErrorKind::kInternal, {}, message, {}, {}, {}});
  return options.command.empty() ? static_cast<int>(ExitCode::kSoftware) : end.exit_code;
}

Result<int> serve(const Options& options, const Signals& signals) {
  Configuration configuration = options.configuration;
  FP_TRY(check_configuration(configuration));
  FP_TRY_ASSIGN(const std::string plugin, find_plugin(own_directory()));

  std::optional<TemporaryDirectory> temporary;
  FP_TRY_ASSIGN(const std::string state_dir, use_state_directory(options.state_dir, options.user, temporary));
  if (options.user) FP_TRY(become(*options.user));
  FP_TRY_ASSIGN(const Descriptor lock, lock_state(state_dir));
  FP_TRY(make_own_directory(state_dir + "/run", 0700));

  Ready ready;
  FP_TRY_ASSIGN(const ReservedPort port, reserve_port(options.listen, options.port));
  FP_TRY_ASSIGN(ready.pki, prepare_pki(state_dir + "/pki", names_of_server(options)));
  ready.endpoint = endpoint_for(options.listen);
  ready.port = port.port;
  ready.template_name = configuration.templates.front().name;
  ready.state_dir = state_dir;
  ready.log = options.log.empty() ? state_dir + "/events.jsonl" : absolute(options.log);

  FP_TRY(check_log(ready.log, state_dir));
  configuration.state_dir = state_dir;
  configuration.log_file = ready.log;
  FP_TRY_ASSIGN(Broker broker, Broker::start({options.listen, port.port, plugin, state_dir + "/run"}, ready.pki,
                                             configuration, kBrokerPatience));
  return accompany(options, ready, broker, signals);
}

int run(const std::vector<std::string>& arguments) {
  const Signals signals;
  const auto own_failure = [&](const Error& error, bool with_command) {
    complain(error);
    return with_command ? kOwnFailure : static_cast<int>(exit_code(error.kind));
  };
  auto parsed = parse_options(arguments);
  if (!parsed) return own_failure(parsed.error(), names_a_command(arguments));
  if (parsed->text) {
    const auto printed = print(*parsed->text);
    return printed ? 0 : own_failure(printed.error(), false);
  }
  const auto exit_status = serve(*parsed, signals);
  return exit_status ? *exit_status : own_failure(exit_status.error(), !parsed->command.empty());
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
