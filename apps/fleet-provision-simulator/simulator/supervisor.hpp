// Runs COMMAND and waits: for COMMAND, for a signal that ends the simulator, or for the broker to end unexpectedly.
#pragma once

#include <sys/types.h>
#include <map>
#include <string>
#include <vector>

namespace fleet_provision::simulator {

inline constexpr int kOwnFailure = 125;
inline constexpr int kCannotExecute = 126;
inline constexpr int kNotFound = 127;

/// While it lives, the signals that `wait` takes are blocked in this thread and those that it starts; children get an
/// empty mask. An ignored SIGHUP (nohup) stays ignored, an ignored SIGCHLD does not. SIGPIPE is blocked as well, and
/// stdin, stdout and stderr are open.
class Supervisor {
 public:
  Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  /// Starts COMMAND with these variables added to its environment and `directory` first in its PATH. Gives its process
  /// ID, or -1 with the message and the exit code for a command that cannot be started.
  struct Started {
    pid_t pid = -1;
    int exit_code = 0;
    std::string message;
  };
  [[nodiscard]] Started start(const std::vector<std::string>& command,
                              const std::map<std::string, std::string>& variables, const std::string& directory) const;

  /// What ended the wait.
  struct End {
    /// The exit code of the simulator.
    int exit_code = 0;
    /// The broker ended unexpectedly.
    bool broker_ended = false;
  };
  /// With a command: waits until it ends, and forwards SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 to it. The
  /// exit code is its status, or 128 and the number of its signal. Without one (-1): waits for SIGTERM, SIGINT, SIGHUP
  /// or SIGQUIT, exit code 0, or for the broker to end.
  [[nodiscard]] End wait(pid_t command, pid_t broker) const;
};

}  // namespace fleet_provision::simulator
