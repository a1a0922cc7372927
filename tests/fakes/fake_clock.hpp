// A clock whose time passes only when a caller waits.
#pragma once

#include <functional>

#include "ports/clock.hpp"

namespace fleet_provision::fakes {

class FakeClock final : public Clock {
 public:
  Instant now() override { return now_; }
  WallTime wall_now() override { return wall_; }
  std::chrono::seconds since_boot() override {
    return std::chrono::duration_cast<std::chrono::seconds>(now_ - booted_);
  }
  std::string boot_id() override { return "boot-" + std::to_string(boot_); }
  Result<void> sleep_until(Instant instant) override {
    if (on_sleep) on_sleep();
    if (interrupted) return fail(ErrorKind::kInterrupted, "interrupted");
    ++sleeps;
    pass_until(instant);
    return {};
  }

  void pass_until(Instant instant) {
    if (instant <= now_) return;
    wall_ += std::chrono::duration_cast<WallTime::duration>(instant - now_);
    now_ = instant;
  }
  void pass(std::chrono::milliseconds time) { pass_until(now_ + time); }
  void set_wall(WallTime wall) { wall_ = wall; }
  void reboot() {
    ++boot_;
    booted_ = now_;
  }

  std::function<void()> on_sleep;
  bool interrupted = false;
  unsigned sleeps = 0;

 private:
  Instant now_{std::chrono::hours(1)};
  Instant booted_{std::chrono::hours(1)};
  WallTime wall_ = *parse_rfc3339("2026-11-23T06:00:00Z");
  int boot_ = 1;
};

}  // namespace fleet_provision::fakes
