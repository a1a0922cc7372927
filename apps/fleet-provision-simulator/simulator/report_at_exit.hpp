// `--report`: the page that the simulator writes when it ends.
#pragma once

#include <string>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// Checks that the page can be written, and gives the file in `run_dir` that the plugin is to write this run's events
/// to; the file of a run that was killed is removed. kStateNotWritable or kUsage.
[[nodiscard]] Result<std::string> prepare_report(const std::string& path, const std::string& log,
                                                 const std::string& run_dir);

/// Writes the page from the events, and removes them; if that fails they are kept. kDiskError.
[[nodiscard]] Result<void> write_report_at_exit(const std::string& path, const std::string& events);

}  // namespace fleet_provision::simulator
