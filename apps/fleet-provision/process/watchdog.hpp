// A thread beside the run that updates the seconds in the live line, and ends a process that does not end after a
// signal or its timeout. The program's own waits have deadlines; calls into libraries and the kernel may not end, such
// as OpenSSL opening a FIFO that OPENSSL_CONF names.
//
// The state directory survives a cut at any moment, so ending while threads still run loses nothing.
#pragma once

#include <functional>
#include <thread>

#include "adapters/system/interrupt.hpp"
#include "core/deadline.hpp"

namespace fleet_provision {

class Watchdog {
 public:
  struct Callbacks {
    /// Called five times a second; may be empty.
    std::function<void()> tick;
    /// Returns the end of the run's time, which may move later but never earlier.
    std::function<Instant()> deadline;
    /// Called once, 0.8 s after the deadline.
    std::function<void()> on_timeout;
    /// Called once, 0.8 s after the interrupt was raised; should end the process.
    std::function<void(ErrorKind)> on_ignored_signal;
  };

  Watchdog(const Interrupt& interrupt, Callbacks callbacks);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void run() const;
  [[nodiscard]] int poll_timeout_ms(bool timeout_reported) const;

  const Interrupt& interrupt_;
  Callbacks callbacks_;
  Interrupt stop_;
  std::thread thread_;
};

}  // namespace fleet_provision
