// A thread beside the run: moves the seconds of the live line, and ends a process that does not end after a signal, or
// when its time is over. Waits of ours end by themselves; calls into libraries and the kernel may not, such as OpenSSL
// opening a FIFO that OPENSSL_CONF names.
//
// The state directory is safe against a cut at any moment, so leaving with threads still at work loses nothing.
#pragma once

#include <functional>
#include <thread>

#include "adapters/system/interrupt.hpp"
#include "core/deadline.hpp"

namespace fleet_provision {

class Watch {
 public:
  struct Calls {
    /// Five times a second; never, if it is empty.
    std::function<void()> tick;
    /// When the run's time is over; it may become later, and never earlier.
    std::function<Instant()> end;
    /// Once, when 0.8 s have passed since `end`.
    std::function<void()> late;
    /// Once, when 0.8 s have passed since the interrupt was raised; expected not to return.
    std::function<void(ErrorKind)> stuck;
  };

  Watch(const Interrupt& interrupt, Calls calls);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

 private:
  void watch() const;
  [[nodiscard]] int time_to_wait(bool told) const;

  const Interrupt& interrupt_;
  Calls calls_;
  Interrupt ended_;
  std::thread thread_;
};

}  // namespace fleet_provision
