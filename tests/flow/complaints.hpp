// Invariants of every run, whatever the service does.
#pragma once

#include <string>
#include <vector>

#include "tests/support/tool.hpp"

namespace fleet_provision::test {

/// The violations of a run: a hang, a crash, an exit code that differs from the JSON, a failure without a message,
/// bytes that are unsafe on a terminal, more than 64 MiB of memory. Empty if there is none.
[[nodiscard]] std::vector<std::string> complaints_about(const ToolRun& run);

}  // namespace fleet_provision::test
