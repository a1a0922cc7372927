// A listener on 127.0.0.1 that only this process can pass, once.
//
// Any process of this machine can see the port and connect to it. So our own end is found first, among our descriptors,
// and then each connection that comes out of the queue is one comparison of addresses: strangers are closed as fast as
// they can come, and cannot make the library wait.
#pragma once

#include <cstdint>

#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"

namespace fleet_provision {

/// A connection of this process with itself.
struct OwnConnection {
  /// The end that was accepted; non-blocking.
  Descriptor ours;
  /// The end that the library made, by its number; it belongs to the library, which may close it at any time.
  int theirs;
};

class LoopbackListener {
 public:
  /// Listens on a free port.
  [[nodiscard]] static Result<LoopbackListener> open();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The first connection whose other end is a socket of this very process; strangers are closed at once and do not end
  /// the wait. Then the listener is closed for good. kNoAnswer at `deadline`, since a new library client may do better;
  /// it says how many strangers came.
  [[nodiscard]] Result<OwnConnection> admit(Instant deadline, const Wait& wait);

 private:
  LoopbackListener(Descriptor listener, std::uint16_t port) : listener_(std::move(listener)), port_(port) {}

  Descriptor listener_;
  std::uint16_t port_;
};

}  // namespace fleet_provision
