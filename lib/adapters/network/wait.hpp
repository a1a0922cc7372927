// How every step of a connection waits: for a descriptor, until a deadline, unless the run is interrupted.
#pragma once

#include <cerrno>

#include "adapters/system/interrupt.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Whether a system call that failed with `error` is to be repeated once its descriptor is ready.
[[nodiscard]] constexpr bool would_block(int error) {
  return error == EAGAIN || error == EINTR;
}

/// Two events end every wait: the interrupt of the run, and the request of the session's owner to close the session.
class Wait {
 public:
  /// `stop_descriptor` becomes readable when the session is closed. Both outlive this object.
  Wait(const Interrupt& interrupt, int stop_descriptor) : interrupt_(interrupt), stop_descriptor_(stop_descriptor) {}

  /// True as soon as `descriptor` has one of `events` (POLLIN, POLLOUT) or an error, false at `deadline`, also when the
  /// descriptor is ready; kInterrupted or kTerminated at once when the run is interrupted, kInternal when the session
  /// is closed.
  [[nodiscard]] Result<bool> until(int descriptor, short events, Instant deadline) const;

  /// The error of an interrupted run or of a closed session; success if neither applies.
  [[nodiscard]] Result<void> check() const;

  [[nodiscard]] int interrupt_descriptor() const { return interrupt_.descriptor(); }
  [[nodiscard]] int stop_descriptor() const { return stop_descriptor_; }

 private:
  const Interrupt& interrupt_;
  int stop_descriptor_;
};

}  // namespace fleet_provision
