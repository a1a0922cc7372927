#include "simulator_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace fleet_provision::simulator {

namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

pid_t spawn(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment, int out,
            int err) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  if (err >= 0) ::dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const auto& each : arguments) words.push_back(const_cast<char*>(each.c_str()));
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  _exit(99);
}

const std::string& prepared_pki() {
  static const ScratchDirectory kDirectory;
  static const bool kMade = run({SIMULATOR, "--state-dir", kDirectory.path(), "--", "/bin/true"}).exit_code == 0;
  if (!kMade) throw std::runtime_error("the simulator does not start");
  static const std::string kPki = kDirectory.path() + "/pki";
  return kPki;
}

}  // namespace

ScratchDirectory::ScratchDirectory() : path_((fs::temp_directory_path() / "simulator-test.XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

SimulatorProcess::SimulatorProcess(std::vector<std::string> options, std::string state_dir) {
  if (state_dir.empty()) {
    state_dir = scratch_.path();
    fs::copy(prepared_pki(), state_dir + "/pki", fs::copy_options::recursive);
  }
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::vector<std::string> arguments{SIMULATOR, "--state-dir", state_dir};
  arguments.insert(arguments.end(), options.begin(), options.end());
  pid_ = spawn(arguments, {}, out[1], -1);
  ::close(out[1]);
  std::string line;
  char byte = 0;
  while (::read(out[0], &byte, 1) == 1 && byte != '\n') line += byte;
  ::close(out[0]);
  ready_ = nlohmann::json::parse(line, nullptr, false);
  if (ready_.is_discarded()) {
    end(SIGKILL);
    throw std::runtime_error("the simulator is not ready: " + line);
  }
}

SimulatorProcess::~SimulatorProcess() {
  if (pid_ > 0) end(SIGTERM);
}

int SimulatorProcess::end(int signal) {
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

std::vector<nlohmann::json> SimulatorProcess::events() const {
  std::vector<nlohmann::json> events;
  std::istringstream lines(slurp(text("log")));
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

pid_t SimulatorProcess::broker() const {
  std::istringstream children(slurp("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children"));
  pid_t child = -1;
  children >> child;
  return child;
}

Finished run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) {
  const ScratchDirectory scratch;
  const std::string out = scratch.path() + "/out";
  const std::string err = scratch.path() + "/err";
  const int out_file = ::open(out.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int err_file = ::open(err.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const pid_t pid = spawn(arguments, environment, out_file, err_file);
  ::close(out_file);
  ::close(err_file);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), slurp(out), slurp(err)};
}

bool is_alive(pid_t pid) {
  const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.compare(name_end + 2, 1, "Z") != 0;
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 1000; ++i) {
    if (!is_alive(pid)) return true;
    ::usleep(5000);
  }
  return false;
}

}  // namespace fleet_provision::simulator
