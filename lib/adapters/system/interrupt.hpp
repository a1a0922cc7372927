// The wish to stop, told by a signal. Every wait in the adapters also polls this descriptor.
#pragma once

#include <atomic>
#include <optional>

#include "core/result.hpp"

namespace fleet_provision {

class Interrupt {
 public:
  /// Throws std::system_error when no descriptor is left.
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// kInterrupted or kTerminated; the first wins. Safe in a signal handler and from any thread.
  void raise(ErrorKind kind) noexcept;
  [[nodiscard]] std::optional<ErrorKind> raised() const noexcept;
  /// The error to end with, once it was raised.
  [[nodiscard]] Result<void> check() const;
  /// Readable from the moment it was raised, for good.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  std::atomic<int> raised_{-1};
};

}  // namespace fleet_provision
