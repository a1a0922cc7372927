// A listener on 127.0.0.1 that accepts one connection, which must come from this process.
//
// Every process of this machine can see the port and connect to it, and Paho's bytes are not encrypted. So a connection
// is accepted only if its other end is a socket of this process. That end is searched for once among the process's own
// descriptors; after that each connection that comes out of the queue is one comparison of addresses, and foreign
// connections are closed as fast as they can be opened and cannot delay Paho. The kernel puts a connection into the
// queue only once its other end is connected, so Paho's connection is found as soon as it can be accepted. Left out on
// purpose: a check by SO_PEERCRED (there is none for TCP), and a list of the descriptors from /proc, which may not be
// mounted.
#pragma once

#include <cstdint>

#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"

namespace fleet_provision {

/// A connection of this process with itself.
struct OwnConnection {
  /// The accepted end; non-blocking.
  Descriptor ours;
  /// The descriptor number of Paho's end. It belongs to Paho, which may close it at any time.
  int theirs;
};

class LoopbackListener {
 public:
  /// Listens on a free port.
  [[nodiscard]] static Result<LoopbackListener> open();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Waits for the first connection whose other end is a socket of this process, and closes the listener. Foreign
  /// connections are closed at once and do not end the wait. kNoAnswer at `deadline`, with the number of foreign
  /// connections: the run then retries with a new client.
  [[nodiscard]] Result<OwnConnection> admit(Instant deadline, const Wait& wait);

 private:
  LoopbackListener(Descriptor listener, std::uint16_t port) : listener_(std::move(listener)), port_(port) {}

  Descriptor listener_;
  std::uint16_t port_;
};

}  // namespace fleet_provision
