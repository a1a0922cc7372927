// Wakes Paho when it sleeps although work is pending. A version of Paho without these sleeps does not need this file.
//
// As read in and measured with Paho C 1.3.12: the receive thread waits in poll for something to read. Whenever poll
// returns without it (no socket yet, a second over, a signal), the thread sleeps 100 ms in usleep, whatever arrives
// meanwhile. Right after TCP is connected it also waits up to a second for something to read, and only then sends
// CONNECT. A connection on loopback so takes 120 ms instead of 1, a response that arrives during the sleep waits for
// its end, and no option of Paho shortens either.
//
// This file ends both. Data ends the wait: the first packet sent to Paho is one PINGRESP (MQTT 5.0 section 3.13), which
// requires no action of a client. A signal ends the usleep: while sent bytes are unread in Paho's socket, which belongs
// to this process, the receive thread gets a no-op signal every half millisecond. The thread is found by its name under
// /proc/self/task. A signal that is late and ends the next poll costs one more sleep, which ends the same way.
//
// The signal is a real-time signal that nothing else in this process uses. Its handler is empty and stays installed,
// since a signal may be delivered late. Without /proc, without a free signal or with another version of Paho this file
// has no effect, and Paho sleeps.
//
// Paho's send thread has a defect of its own, see SendThreadWaker in paho_transport.cpp.
#pragma once

#include <sys/types.h>

#include <ctime>

#include "adapters/network/wait.hpp"

namespace fleet_provision {

class PahoWaker {
 public:
  /// The time that bytes may be unread before Paho is woken, and between two signals.
  static constexpr timespec kPatience{0, 500'000};

  PahoWaker() = default;
  /// `library_socket` is Paho's end of the loopback connection. Paho may close it at any time; then no bytes are
  /// unread.
  explicit PahoWaker(int library_socket) : library_socket_(library_socket) {}

  /// Whether sent bytes are unread in Paho's socket.
  [[nodiscard]] bool has_unread() const;
  void wake();
  /// Makes Paho send its CONNECT over `ours`, the other end of its connection. Returns when Paho has read the bytes
  /// sent for that, or after at most a second; errors are those of a Wait.
  [[nodiscard]] Result<void> wake_for_connect(int ours, const Wait& wait);

 private:
  int library_socket_ = -1;
  /// Thread id of Paho's receive thread, 0 while it is not known.
  pid_t receive_thread_ = 0;
};

}  // namespace fleet_provision
