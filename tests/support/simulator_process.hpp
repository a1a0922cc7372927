// The simulator as a child of a test, ended with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

class SimulatorProcess {
 public:
  struct Setup {
    std::vector<std::string> options = {};
    /// Empty: a directory of its own, with a PKI that is made once per test program and copied.
    std::string state_dir = {};
    /// Empty: the simulator of this build.
    std::string program = {};
  };

  /// Starts it and waits for its ready line. Throws std::runtime_error when none comes.
  explicit SimulatorProcess(const Setup& setup);
  explicit SimulatorProcess(std::vector<std::string> options = {}) : SimulatorProcess(Setup{std::move(options)}) {}
  SimulatorProcess(const SimulatorProcess&) = delete;
  SimulatorProcess& operator=(const SimulatorProcess&) = delete;
  /// Ends it by SIGTERM and waits.
  ~SimulatorProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// From its start to the end of its ready line.
  [[nodiscard]] std::chrono::steady_clock::duration ready_after() const { return ready_after_; }
  [[nodiscard]] const nlohmann::json& ready() const { return ready_; }
  /// A text of the ready line.
  [[nodiscard]] std::string text(const char* key) const { return ready_.at(key).get<std::string>(); }
  [[nodiscard]] int port() const { return ready_.at("port"); }
  [[nodiscard]] std::vector<nlohmann::json> events() const;
  /// Its mosquitto.
  [[nodiscard]] pid_t broker() const;
  /// Sends a signal and waits for its end; the wait status.
  int end(int signal);

 private:
  TemporaryDirectory scratch_;
  pid_t pid_ = -1;
  std::chrono::steady_clock::duration ready_after_{};
  nlohmann::json ready_;
};

}  // namespace fleet_provision::test
