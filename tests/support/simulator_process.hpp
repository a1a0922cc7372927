// The simulator as a child process of a test; the destructor ends it.
//
// It drops responses on topics without a subscription (`--behaviour unsubscribed=drop`), so that clients are judged
// strictly; an option of the test may choose otherwise.
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
    /// Empty means a new directory with a PKI that is created once per test program and copied.
    std::string state_dir = {};
    /// Empty means the simulator of this build.
    std::string program = {};
  };

  /// Starts the simulator and waits for its ready line. Throws std::runtime_error if it does not print one.
  explicit SimulatorProcess(const Setup& setup);
  explicit SimulatorProcess(std::vector<std::string> options = {}) : SimulatorProcess(Setup{std::move(options)}) {}
  SimulatorProcess(const SimulatorProcess&) = delete;
  SimulatorProcess& operator=(const SimulatorProcess&) = delete;
  /// Ends it by SIGTERM and waits.
  ~SimulatorProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The time from its start to the end of its ready line.
  [[nodiscard]] std::chrono::steady_clock::duration ready_after() const { return ready_after_; }
  [[nodiscard]] const nlohmann::json& ready() const { return ready_; }
  /// A text of the ready line.
  [[nodiscard]] std::string text(const char* key) const { return ready_.at(key).get<std::string>(); }
  [[nodiscard]] int port() const { return ready_.at("port"); }
  [[nodiscard]] std::vector<nlohmann::json> events() const;
  /// The process id of its mosquitto.
  [[nodiscard]] pid_t broker() const;
  /// Sends a signal, waits for the end and returns the wait status.
  int end(int signal);

 private:
  TemporaryDirectory scratch_;
  pid_t pid_ = -1;
  std::chrono::steady_clock::duration ready_after_{};
  nlohmann::json ready_;
};

}  // namespace fleet_provision::test
