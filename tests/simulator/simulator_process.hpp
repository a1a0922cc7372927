// The simulator as a child of a test, ended with it.
#pragma once

#include <sys/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fleet_provision::simulator {

/// A directory that is removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SimulatorProcess {
 public:
  /// Starts it and waits for its ready line. The PKI is made once per test program and copied, for speed.
  explicit SimulatorProcess(std::vector<std::string> options = {}, std::string state_dir = {});
  SimulatorProcess(const SimulatorProcess&) = delete;
  SimulatorProcess& operator=(const SimulatorProcess&) = delete;
  ~SimulatorProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const nlohmann::json& ready() const { return ready_; }
  [[nodiscard]] std::string text(const char* key) const { return ready_.at(key).get<std::string>(); }
  [[nodiscard]] int port() const { return ready_.at("port"); }
  [[nodiscard]] std::vector<nlohmann::json> events() const;
  /// Its mosquitto.
  [[nodiscard]] pid_t broker() const;
  /// Sends a signal and waits for its end; the wait status.
  int end(int signal);

 private:
  ScratchDirectory scratch_;
  pid_t pid_ = -1;
  nlohmann::json ready_;
};

/// A run to its end.
struct Finished {
  int exit_code = 0;
  std::string out;
  std::string err;
};
[[nodiscard]] Finished run(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment = {});

/// Whether a process is there and no zombie.
[[nodiscard]] bool is_alive(pid_t pid);
/// Waits up to five seconds.
[[nodiscard]] bool ends_soon(pid_t pid);

}  // namespace fleet_provision::simulator
