// Measures the simulator as a child process: its start time, and the CPU time and memory of its broker.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/load/provisioning.hpp"
#include "tests/support/simulator_process.hpp"

namespace fleet_provision::load {

class Simulator {
 public:
  /// Starts `program` and waits for its ready line. Throws std::runtime_error when none comes.
  Simulator(const std::string& program, const std::string& state_dir, const std::vector<std::string>& options);

  [[nodiscard]] const Target& target() const { return target_; }
  /// From its exec to the end of its ready line.
  [[nodiscard]] Duration ready_after() const { return process_.ready_after(); }
  /// User and system time of the broker until now.
  [[nodiscard]] Duration broker_cpu() const;
  /// The broker's peak of resident memory until now, in KiB.
  [[nodiscard]] unsigned long broker_peak_kib() const;
  /// Of the simulator itself, which waits beside its broker.
  [[nodiscard]] unsigned long own_peak_kib() const;

 private:
  test::SimulatorProcess process_;
  Target target_;
  pid_t broker_ = -1;
};

/// Connections that the kernel turned away because an accept queue was full (TcpExt ListenOverflows), on this machine
/// since its start; nothing where the kernel does not count them.
[[nodiscard]] std::optional<unsigned long> accept_queue_overflows();

}  // namespace fleet_provision::load
