// A thread beside the run: moves the seconds of the live line, and ends a process that does not end after a signal.
//
// The state directory is safe against a cut at any moment, so leaving with threads still at work loses nothing.
#pragma once

#include <functional>
#include <thread>

#include "adapters/interrupt.hpp"

namespace fleet_provision {

class Watch {
 public:
  /// `tick` is called five times a second (never, if it is empty). `stuck` is called once when 0.8 s have passed since
  /// `interrupt` was raised; it is expected not to return.
  Watch(const Interrupt& interrupt, std::function<void()> tick, std::function<void(ErrorKind)> stuck);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

 private:
  void watch() const;

  const Interrupt& interrupt_;
  std::function<void()> tick_;
  std::function<void(ErrorKind)> stuck_;
  Interrupt ended_;
  std::thread thread_;
};

}  // namespace fleet_provision
