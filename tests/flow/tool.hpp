// The real program as a child: what it says, how it ends, what it costs.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fleet_provision::test {

struct Ended {
  /// The exit code; minus the signal's number when one ended it.
  int code = 0;
  /// It had to be killed.
  bool hung = false;
  std::chrono::milliseconds took{0};
  std::string out;
  std::string err;
  /// Peak resident memory in KiB. Never less than this program's own when it forked.
  long peak_kib = 0;
  /// stdout as JSON; discarded when it is none.
  nlohmann::json result;
};

struct ToolSurroundings {
  /// `NAME=VALUE`; beside PATH there is nothing else.
  std::vector<std::string> environment;
  /// Descriptors for its streams; -1: files in the directory, which are read afterwards.
  int out = -1;
  int err = -1;
  /// It is sent SIGTERM after so long, if it still runs.
  std::optional<std::chrono::milliseconds> terminate_after;
};

/// Runs fleet-provision with an empty environment, files of its streams in `directory`, and kills it after `guard`.
[[nodiscard]] Ended run_tool(const std::vector<std::string>& arguments, const std::string& directory,
                             std::chrono::seconds guard, const ToolSurroundings& surroundings = {});

/// What is wrong with any run, whatever it met: hung, crashed, exit code and JSON that differ, a failure without words,
/// bytes no terminal should see, more than 64 MiB of memory. Empty when nothing is.
[[nodiscard]] std::vector<std::string> complaints_about(const Ended& ended);

}  // namespace fleet_provision::test
