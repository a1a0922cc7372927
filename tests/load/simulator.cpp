#include "tests/load/simulator.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace fleet_provision::load {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string process_file(pid_t pid, const char* name) {
  return slurp("/proc/" + std::to_string(pid) + "/" + name);
}

pid_t only_child_of(pid_t pid) {
  std::istringstream children(process_file(pid, ("task/" + std::to_string(pid) + "/children").c_str()));
  pid_t child = -1;
  children >> child;
  return child;
}

unsigned long peak_kib(pid_t pid) {
  std::istringstream lines(process_file(pid, "status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoul(line.substr(6));
  }
  return 0;
}

pid_t spawn(const std::vector<std::string>& words, int out) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  ::execv(arguments[0], arguments.data());
  _exit(127);
}

std::string first_line(int descriptor) {
  std::string text;
  std::array<char, 4096> bytes{};
  while (text.find('\n') == std::string::npos) {
    const ssize_t size = ::read(descriptor, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return text;
}

Target target_in(const nlohmann::json& ready) {
  return {ready.at("endpoint"),         ready.at("port"),     ready.at("caFile"),
          ready.at("claimCertificate"), ready.at("claimKey"), ready.at("template")};
}

}  // namespace

Simulator::Simulator(const std::string& program, const std::string& state_dir,
                     const std::vector<std::string>& options) {
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::vector<std::string> words{program, "--state-dir", state_dir};
  words.insert(words.end(), options.begin(), options.end());
  const Instant began = std::chrono::steady_clock::now();
  pid_ = spawn(words, out[1]);
  ::close(out[1]);
  const std::string line = first_line(out[0]);
  ready_after_ = std::chrono::steady_clock::now() - began;
  ::close(out[0]);
  const auto ready = nlohmann::json::parse(line, nullptr, false);
  if (!ready.is_object()) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("the simulator is not ready: " + line);
  }
  target_ = target_in(ready);
  broker_ = only_child_of(pid_);
}

Simulator::~Simulator() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

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
  return peak_kib(pid_);
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
