#include "tests/load/simulator.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/process.hpp"

namespace fleet_provision::load {
namespace {

using test::process_file;

unsigned long peak_kib(pid_t pid) {
  std::istringstream lines(process_file(pid, "status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoul(line.substr(6));
  }
  return 0;
}

Target target_in(const nlohmann::json& ready) {
  return {ready.at("endpoint"),         ready.at("port"),     ready.at("caFile"),
          ready.at("claimCertificate"), ready.at("claimKey"), ready.at("template")};
}

}  // namespace

Simulator::Simulator(const std::string& program, const std::string& state_dir, const std::vector<std::string>& options)
    : process_({.options = options, .state_dir = state_dir, .program = program}),
      target_(target_in(process_.ready())),
      broker_(process_.broker()) {}

Duration Simulator::broker_cpu() const {
  const std::string stat = process_file(broker_, "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  // The 14th and 15th field; the name, which may hold blanks, is the second.
  std::istringstream fields(stat.substr(name_end + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

unsigned long Simulator::broker_peak_kib() const {
  return peak_kib(broker_);
}

unsigned long Simulator::own_peak_kib() const {
  return peak_kib(process_.pid());
}

std::optional<unsigned long> accept_queue_overflows() {
  std::ifstream file("/proc/net/netstat");
  std::string names;
  std::string values;
  while (std::getline(file, names) && std::getline(file, values)) {
    if (names.rfind("TcpExt:", 0) != 0) continue;
    std::istringstream name_words(names);
    std::istringstream value_words(values);
    std::string name;
    std::string value;
    while (name_words >> name && value_words >> value) {
      if (name == "ListenOverflows") return std::stoul(value);
    }
  }
  return std::nullopt;
}

}  // namespace fleet_provision::load
