// Summary figures of many measurements.
#pragma once

#include <string>
#include <vector>

#include "tests/load/provisioning.hpp"

namespace fleet_provision::load {

[[nodiscard]] double milliseconds(Duration duration);

/// Milliseconds, each a value that was measured (nearest rank); all 0 when nothing was.
struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};
[[nodiscard]] Percentiles percentiles(std::vector<double> values);

/// With so many digits that three count: "0.43", "12.3", "1234".
[[nodiscard]] std::string figure(double value);

}  // namespace fleet_provision::load
