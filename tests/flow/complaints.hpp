// What must hold of every run, whatever it met.
#pragma once

#include <string>
#include <vector>

#include "tests/support/tool.hpp"

namespace fleet_provision::test {

/// What is wrong with a run: hung, crashed, exit code and JSON that differ, a failure without a message, bytes that no
/// terminal should see, more than 64 MiB of memory. Empty when nothing is.
[[nodiscard]] std::vector<std::string> complaints_about(const ToolRun& run);

}  // namespace fleet_provision::test
