// One run of the real fleet-provision.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace fleet_provision::test {

/// How a run ended.
struct ToolRun : Finished {
  /// stdout as JSON; a discarded value if it is not JSON.
  nlohmann::json result;

  /// A text of the result's error, e.g. `kind`; empty if it is missing.
  [[nodiscard]] std::string error_text(const char* key) const;
};

struct ToolSurroundings {
  /// `NAME=VALUE`; the program gets only these and PATH.
  std::vector<std::string> environment = {};
  /// A command prefix, e.g. faketime and its arguments.
  std::vector<std::string> before = {};
  /// Descriptors for its streams; -1 captures the output.
  int out = -1;
  int err = -1;
  TimeLimits limits = {};
};

/// Runs the fleet-provision of this build to its end.
[[nodiscard]] ToolRun run_tool(const std::vector<std::string>& arguments, const ToolSurroundings& surroundings = {});

}  // namespace fleet_provision::test
