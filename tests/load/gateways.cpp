#include "tests/load/gateways.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include "tests/support/process.hpp"

namespace fleet_provision::load {
namespace {

Duration of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::vector<std::string> words_for(const Fleet& fleet, const std::string& name) {
  const Target& target = fleet.target;
  return {fleet.program,
          "--json",
          "--quiet",
          "--endpoint",
          target.host,
          "--port",
          std::to_string(target.port),
          "--ca-file",
          target.ca_file,
          "--claim-cert",
          target.claim_certificate,
          "--claim-key",
          target.claim_key,
          "--template",
          target.template_name,
          "--parameter",
          "SerialNumber=" + name,
          "--state-dir",
          fleet.directory + "/" + name};
}

std::string result_file(const Fleet& fleet, const std::string& name) {
  return fleet.directory + "/" + name + ".json";
}

pid_t start(const Fleet& fleet, const std::string& name) {
  const int out = ::open(result_file(fleet, name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t pid =
      test::start_process({.words = words_for(fleet, name), .inherits_environment = true, .out = out, .err = null});
  ::close(out);
  ::close(null);
  return pid;
}

// Reads what the program wrote about its run.
void add_result(const std::string& file, GatewayRun& run) {
  std::ifstream text(file);
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) {
    run.error_kind = "no result";
    return;
  }
  run.attempts = document.value("attempts", 0U);
  if (document.at("error").is_object()) run.error_kind = document.at("error").value("kind", "unknown");
}

}  // namespace

std::vector<GatewayRun> run_fleet(const Fleet& fleet) {
  struct Started {
    std::string name;
    Instant at;
  };
  std::map<pid_t, Started> running;
  const Instant began = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < fleet.gateways; ++i) {
    const std::string name = fleet.prefix + std::to_string(i);
    const Instant at = std::chrono::steady_clock::now();
    running.emplace(start(fleet, name), Started{name, at});
  }
  std::vector<GatewayRun> runs;
  std::vector<std::string> files;
  while (!running.empty()) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, 0, &usage);
    const Instant now = std::chrono::steady_clock::now();
    const auto found = running.find(pid);
    if (found == running.end()) continue;
    GatewayRun run;
    run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run.time = now - found->second.at;
    run.ended = now - began;
    run.cpu = of(usage.ru_utime) + of(usage.ru_stime);
    run.peak_kib = usage.ru_maxrss;
    runs.push_back(run);
    files.push_back(result_file(fleet, found->second.name));
    running.erase(found);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) add_result(files[i], runs[i]);
  return runs;
}

}  // namespace fleet_provision::load
