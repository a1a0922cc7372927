// The real program as a fleet: many gateways that are switched on at the same moment, each with a state directory of
// its own.
#pragma once

#include <string>
#include <vector>

#include "tests/load/provisioning.hpp"

namespace fleet_provision::load {

/// What one gateway's run reported and took.
struct GatewayRun {
  int exit_code = 0;
  /// The kind of its error; empty for success.
  std::string error_kind;
  unsigned attempts = 0;
  /// From its start to its end.
  Duration time{};
  /// From the start of the first gateway to this one's end.
  Duration ended{};
  /// User and system time.
  Duration cpu{};
  long peak_kib = 0;
};

struct Fleet {
  std::string program;
  Target target;
  unsigned gateways = 1;
  /// The directory of the state directories.
  std::string directory;
  /// The prefix of the serial numbers.
  std::string prefix;
};

/// Starts all and waits for all. Throws std::runtime_error when one cannot be started.
[[nodiscard]] std::vector<GatewayRun> run_fleet(const Fleet& fleet);

}  // namespace fleet_provision::load
