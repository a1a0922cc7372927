// Waiting, with or without a COMMAND, and passing on what signals say.
#pragma once

#include <sys/types.h>
#include <map>
#include <string>
#include <vector>

namespace fleet_provision::simulator {

inline constexpr int kOwnFailure = 125;
inline constexpr int kCannotExecute = 126;
inline constexpr int kNotFound = 127;

/// Blocks the signals that `wait` takes, in this thread and those it starts. Children get an empty mask. A SIGHUP that
/// is ignored (nohup) stays so; SIGCHLD does not. SIGPIPE is blocked too, and stdin, stdout and stderr are open
/// afterwards.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// Starts COMMAND with these variables on top of the environment; `directory` goes to the front of its PATH.
  /// Gives its process id, or the exit code for a command that could not be started.
  struct Started {
    pid_t pid = -1;
    int exit_code = 0;
    std::string message;
  };
  [[nodiscard]] Started start(const std::vector<std::string>& command,
                              const std::map<std::string, std::string>& variables, const std::string& directory) const;

  /// How the waiting ended.
  struct End {
    /// Exit code of the simulator.
    int exit_code = 0;
    /// mosquitto ended by itself.
    bool broker_ended = false;
  };
  /// Until COMMAND has ended (its status, or 128 and its signal), passing SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and
  /// SIGUSR2 on; without a command (-1) until SIGTERM, SIGINT or SIGHUP (0) or the broker's end.
  [[nodiscard]] End wait(pid_t command, pid_t broker) const;
};

}  // namespace fleet_provision::simulator
