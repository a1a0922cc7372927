// The machine's clocks.
#pragma once

#include <string>

#include "adapters/system/interrupt.hpp"
#include "ports/clock.hpp"

namespace fleet_provision {

class SystemClock : public Clock {
 public:
  /// `interrupt` ends every sleep and outlives this object.
  explicit SystemClock(const Interrupt& interrupt) : interrupt_(interrupt) {}

  [[nodiscard]] Instant now() override;
  [[nodiscard]] WallTime wall_now() override;
  [[nodiscard]] std::chrono::seconds since_boot() override;
  /// The content of /proc/sys/kernel/random/boot_id; empty if the file does not exist.
  [[nodiscard]] std::string boot_id() override;
  [[nodiscard]] Result<void> sleep_until(Instant instant) override;

 private:
  const Interrupt& interrupt_;
  /// Once it has been read: it stays the same for as long as any process lives.
  std::string boot_id_;
};

}  // namespace fleet_provision
