// The clocks, and the only way to sleep.
#pragma once

#include <string>

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/wall_time.hpp"

namespace fleet_provision {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual Instant now() = 0;
  [[nodiscard]] virtual WallTime wall_now() = 0;
  /// Seconds since boot, suspended time included (CLOCK_BOOTTIME), and an id that differs from boot to boot.
  [[nodiscard]] virtual std::chrono::seconds since_boot() = 0;
  [[nodiscard]] virtual std::string boot_id() = 0;
  /// Returns at `instant`; kInterrupted or kTerminated as soon as the run is interrupted.
  [[nodiscard]] virtual Result<void> sleep_until(Instant instant) = 0;
};

}  // namespace fleet_provision
