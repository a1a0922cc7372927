// The real fleet-provision, run with --json in a process of its own.
#pragma once

#include <string>
#include <vector>

namespace fleet_provision::test {

/// What a failed run told. Members are empty when the result had no such text.
struct Told {
  int exit_code = -1;
  std::string kind;
  std::string phase;
  std::string message;
  std::string hint;
  bool retryable = false;
  /// All of stderr, with the warnings and the failed attempts.
  std::string log;
};

/// Runs it to its end, in an environment of `environment` (`NAME=VALUE`) and PATH alone. `before` are words that go
/// before the program, e.g. faketime and its arguments.
[[nodiscard]] Told run_program(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment = {},
                               const std::vector<std::string>& before = {});

/// Whether a program of this name is in /usr/bin.
[[nodiscard]] bool is_installed(const std::string& name);

}  // namespace fleet_provision::test
