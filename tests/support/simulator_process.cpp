#include "tests/support/simulator_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.hpp"

namespace fleet_provision::test {
namespace {

const std::string& prepared_pki() {
  static const TemporaryDirectory kDirectory;
  static const bool kMade =
      run_process({SIMULATOR, "--state-dir", kDirectory.path().string(), "--", "/bin/true"}).exit_code == 0;
  if (!kMade) throw std::runtime_error("the simulator does not start");
  static const std::string kPki = kDirectory / "pki";
  return kPki;
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

}  // namespace

SimulatorProcess::SimulatorProcess(const Setup& setup) {
  std::string state_dir = setup.state_dir;
  if (state_dir.empty()) {
    state_dir = scratch_.path().string();
    std::filesystem::copy(prepared_pki(), state_dir + "/pki", std::filesystem::copy_options::recursive);
  }
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::vector<std::string> words{setup.program.empty() ? SIMULATOR : setup.program, "--state-dir", state_dir};
  words.insert(words.end(), {"--behaviour", "unsubscribed=drop"});
  words.insert(words.end(), setup.options.begin(), setup.options.end());
  const auto began = std::chrono::steady_clock::now();
  pid_ = start_process(Command{.words = words, .inherits_environment = true, .out = out[1]});
  ::close(out[1]);
  const std::string line = first_line(out[0]);
  ready_after_ = std::chrono::steady_clock::now() - began;
  ::close(out[0]);
  ready_ = nlohmann::json::parse(line, nullptr, false);
  if (!ready_.is_object()) {
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
  std::istringstream lines(read_text(text("log")));
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

pid_t SimulatorProcess::broker() const {
  return child_of(pid_);
}

}  // namespace fleet_provision::test
