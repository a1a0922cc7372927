// Starts programs as children of a test and waits for them; no child outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fleet_provision::test {

/// A program with its arguments, environment and streams.
struct Command {
  /// The path of the program and its arguments.
  std::vector<std::string> words;
  /// `NAME=VALUE`. The program gets no other variables, unless it inherits the environment of the test.
  std::vector<std::string> environment = {};
  bool inherits_environment = false;
  /// Descriptors for its streams; -1 means those of the test.
  int out = -1;
  int err = -1;
};

/// Starts the program, which is killed when the calling thread ends. Throws std::runtime_error if no process can be
/// created; a program that cannot be executed ends with 127. The caller waits for it.
[[nodiscard]] pid_t start_process(const Command& command);

struct TimeLimits {
  /// The time after which a running process gets SIGTERM.
  std::optional<std::chrono::milliseconds> terminate_after = {};
  /// The time after which a running process is killed.
  std::optional<std::chrono::milliseconds> kill_after = {};
};

/// How a process ended.
struct Finished {
  /// The exit code, or the negative signal number if a signal ended the process.
  int exit_code = 0;
  /// Whether the process was killed by `kill_after`.
  bool hung = false;
  std::chrono::milliseconds took{0};
  /// Peak resident memory in KiB. Never less than this program's own when it forked.
  long peak_kib = 0;
  /// Its output, unless the command has a descriptor for the stream.
  std::string out = {};
  std::string err = {};
};

/// Runs it to its end.
[[nodiscard]] Finished run_process(Command command, const TimeLimits& limits = {});

/// Runs a program to its end with the environment of the test and these `NAME=VALUE`, which take precedence.
[[nodiscard]] Finished run_process(const std::vector<std::string>& words,
                                   const std::vector<std::string>& environment = {});

/// Whether a process exists and is no zombie.
[[nodiscard]] bool is_alive(pid_t pid);
/// Whether the process ends within five seconds.
[[nodiscard]] bool ends_soon(pid_t pid);
/// The text of /proc/PID/NAME; empty if the file does not exist.
[[nodiscard]] std::string process_file(pid_t pid, const std::string& name);
/// The first child of a process; -1 without one.
[[nodiscard]] pid_t child_of(pid_t pid);
/// Whether a program of this name is in /usr/bin.
[[nodiscard]] bool is_installed(const std::string& name);

}  // namespace fleet_provision::test
