// A fleet of gateways powered up together, in virtual time.
//
// The waits are those of the program: workflow/run/retry, and through it core/verdict and core/backoff, decide every
// one of them. Around them is the smallest model that shows their effect on a service: two operations, each with a
// quota of R requests a second (a bucket that holds one second's worth, as AWS throttles), which rejects with 429 or
// stays silent when the bucket is empty; gateways that request a certificate, then a thing, over a new connection after
// each failure; runs that end with --timeout and that systemd restarts; ownership tokens with a lifetime of one hour.
// Network and gateways have no other faults, so that the simulation measures only the effect of the waits.
//
// The ideal is N / R seconds and 2 N requests. A gateway cannot reach it, because it does not know N and R but only the
// number of its own failed attempts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/backoff.hpp"
#include "core/deadline.hpp"

namespace fleet_provision::fleet {

/// What the service does with a request above its quota.
enum class Overload : unsigned char { kRejects, kStaysSilent };

struct Service {
  double per_second = 10;
  Overload overload = Overload::kRejects;
};

/// How a gateway of the fleet is set up.
struct Setup {
  std::string name;
  Milliseconds timeout{300'000};
  /// --splay.
  Milliseconds splay{0};
  /// RestartSec of the unit: how long after exit 75 the program is run again.
  Milliseconds restart{30'000};
  /// Absent means the policies of the program.
  std::optional<BackoffPolicy> waits;
};

struct Figures {
  /// The times at which the last gateway and 99 of 100 were done, divided by N / R.
  double time = 0;
  double time_of_99_percent = 0;
  /// Requests sent over 2 N, and the most of them in one second over 2 R.
  double requests = 0;
  double peak = 0;
  /// Certificates issued over N, runs begun over N.
  double certificates = 0;
  double runs = 0;
  /// False if the simulation stopped at `kRequestsMax` requests for each gateway.
  bool finished = false;
  /// Seconds over N / R at which 0, 1, … 100 percent were done.
  std::vector<double> completion;
};

/// Requests for each gateway at which a simulation is given up.
inline constexpr double kRequestsMax = 100;

/// The same figures for the same seed, on every machine.
[[nodiscard]] Figures simulate(const Setup& setup, const Service& service, unsigned gateways, std::uint64_t seed);

}  // namespace fleet_provision::fleet
