// The measurements of scripts/fleet: the simulator and the real program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/load/figures.hpp"
#include "tests/load/gateways.hpp"
#include "tests/load/load.hpp"

namespace fleet_provision::load {

/// What is measured, and with what.
struct Setup {
  std::string simulator;
  std::string gateway;
  /// Where simulators and gateways keep their state, in a directory for each measurement. Nothing is removed before all
  /// have ended: on ext4, files that were just deleted make it slow to make others.
  std::string directory;
  /// Where it is kept for one load more.
  std::string disk;
  std::vector<unsigned> gateways{1, 10, 100, 500};
  unsigned rate = 100;
  std::vector<unsigned> connections{1, 8, 64, 500};
  unsigned provisionings = 2000;
  unsigned starts = 20;
};

/// From exec to the ready line, in milliseconds.
struct ReadyFigures {
  unsigned starts = 0;
  Percentiles times;
};
/// With an existing PKI, or without one.
[[nodiscard]] ReadyFigures measure_ready(const Setup& setup, bool with_pki);

/// Times in milliseconds.
struct LoadFigures {
  unsigned connections = 0;
  bool on_disk = false;
  std::size_t provisioned = 0;
  std::map<std::string, unsigned> failures;
  double per_second = 0;
  Percentiles handshake;
  Percentiles create;
  Percentiles registration;
  Percentiles total;
  /// For each provisioning.
  double broker_cpu = 0;
  double client_cpu = 0;
  unsigned long broker_peak_kib = 0;
};
[[nodiscard]] LoadFigures measure_load(const Setup& setup, unsigned connections, bool on_disk);

/// Times in milliseconds.
struct FleetFigures {
  unsigned gateways = 0;
  /// Of the simulator; 0: none.
  unsigned rate = 0;
  double wall = 0;
  double per_second = 0;
  Percentiles times;
  /// Connections beyond each gateway's first.
  unsigned retries = 0;
  std::map<std::string, unsigned> failures;
  /// Connections refused because the accept queue was full; nothing if the kernel does not count them.
  std::optional<unsigned long> overflows;
  double gateway_cpu = 0;
  double broker_cpu = 0;
  Percentiles gateway_peak_kib;
  unsigned long broker_peak_kib = 0;
  unsigned long simulator_peak_kib = 0;
  /// When each was done, in seconds.
  std::vector<double> done;
};
[[nodiscard]] FleetFigures measure_fleet(const Setup& setup, unsigned gateways, unsigned rate);

}  // namespace fleet_provision::load
