// A request to stop the run, made by a signal. Every wait in the adapters also polls its descriptor.
#pragma once

#include <atomic>
#include <optional>

#include "core/result.hpp"

namespace fleet_provision {

class Interrupt {
 public:
  /// Throws std::system_error if no descriptor can be opened.
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// Requests the stop with `kind`, kInterrupted or kTerminated; the first request counts. Safe in a signal handler and
  /// from any thread.
  void raise(ErrorKind kind) noexcept;
  /// The same with kTerminated, because the terminal was closed (SIGHUP).
  void raise_hang_up() noexcept;
  [[nodiscard]] std::optional<ErrorKind> raised() const noexcept;
  /// After `raise`, the error that ends the run.
  [[nodiscard]] Result<void> check() const;
  /// Becomes readable with `raise` and stays readable.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  std::atomic<int> raised_{-1};
  std::atomic<bool> hang_up_{false};
};

}  // namespace fleet_provision
