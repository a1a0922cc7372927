// Many provisionings from one thread, a fixed number of them at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/load/provisioning.hpp"

namespace fleet_provision::load {

struct LoadSettings {
  /// The number of parallel provisionings; the next one starts when one ends.
  unsigned connections = 1;
  unsigned provisionings = 1;
  Duration patience = std::chrono::seconds(30);
};

struct LoadResult {
  Duration wall{};
  /// User and system time of this thread.
  Duration cpu{};
  /// The samples of successful provisionings.
  std::vector<Sample> samples;
  /// The reasons of failures, and the number of each.
  std::map<std::string, unsigned> failures;
};

/// Names begin with `prefix`, so that runs against one service do not meet each other's things.
[[nodiscard]] LoadResult run_load(const Access& access, const LoadSettings& settings, const std::string& prefix);

}  // namespace fleet_provision::load
