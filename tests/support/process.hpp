// Programs as children of a test: started, waited for, and never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fleet_provision::test {

/// A program and what it is started with.
struct Command {
  /// The path of the program and its arguments.
  std::vector<std::string> words;
  /// `NAME=VALUE`. The program gets nothing else, unless it inherits the environment of the test.
  std::vector<std::string> environment = {};
  bool inherits_environment = false;
  /// Descriptors for its streams; -1: those of the test.
  int out = -1;
  int err = -1;
};

/// Starts it. It is killed when the thread that started it ends. Throws std::runtime_error when no process can be made;
/// a program that cannot be executed ends with 127. The caller waits for it.
[[nodiscard]] pid_t start_process(const Command& command);

struct TimeLimits {
  /// It is sent SIGTERM after so long, if it still runs.
  std::optional<std::chrono::milliseconds> terminate_after = {};
  /// It is killed after so long.
  std::optional<std::chrono::milliseconds> kill_after = {};
};

/// How a process ended.
struct Finished {
  /// The exit code; minus the signal's number when one ended it.
  int exit_code = 0;
  /// It had to be killed.
  bool hung = false;
  std::chrono::milliseconds took{0};
  /// Peak resident memory in KiB. Never less than this program's own when it forked.
  long peak_kib = 0;
  /// What it wrote, unless the command has a descriptor for the stream.
  std::string out = {};
  std::string err = {};
};

/// Runs it to its end.
[[nodiscard]] Finished run_process(Command command, const TimeLimits& limits = {});

/// Runs it to its end, in the environment of the test and these `NAME=VALUE`, which take precedence.
[[nodiscard]] Finished run_process(const std::vector<std::string>& words,
                                   const std::vector<std::string>& environment = {});

/// Whether a process exists and is no zombie.
[[nodiscard]] bool is_alive(pid_t pid);
/// Whether it ends within five seconds.
[[nodiscard]] bool ends_soon(pid_t pid);
/// The text of /proc/PID/NAME; empty when there is none.
[[nodiscard]] std::string process_file(pid_t pid, const std::string& name);
/// The first child of a process; -1 without one.
[[nodiscard]] pid_t child_of(pid_t pid);
/// Whether a program of this name is in /usr/bin.
[[nodiscard]] bool is_installed(const std::string& name);

}  // namespace fleet_provision::test
