// Wakes Paho where it sleeps although there is work. With a Paho that does not sleep so, this file can go.
//
// As read in and measured with Paho C 1.3.12: the receive thread waits in poll for something to read. Whenever poll
// returns without it (no socket yet, a second over, a signal), the thread sleeps 100 ms in usleep, whatever arrives
// meanwhile. Right after TCP is connected it also waits up to a second for something to read, and only then sends
// CONNECT. A connection on loopback so takes 120 ms instead of 1, a response that arrives during the sleep waits for
// its end, and no option of Paho shortens either.
//
// Both are ended from outside. Something to read ends the wait: one PINGRESP (MQTT 5.0 section 3.13), which asks
// nothing of a client, is sent first. A signal ends the usleep: as long as bytes that we sent lie unread in Paho's
// socket, which belongs to this process, that one thread gets a no-op signal every half millisecond. It is found by its
// name under /proc/self/task. A signal that is late and ends the next poll costs one more sleep, which ends the same
// way.
//
// The signal is a real-time signal that nothing else in this process uses. Its handler is empty and stays installed,
// since a signal may be delivered late. Without /proc, without a free signal or with another Paho nothing happens here,
// and Paho sleeps as it does.
//
// Paho's send thread has a defect of its own, see SendThreadWaker in paho_transport.cpp.
#pragma once

#include <sys/types.h>

#include <ctime>

#include "adapters/network/wait.hpp"

namespace fleet_provision {

class PahoWaker {
 public:
  /// How long bytes may lie unread before Paho is woken, and woken again.
  static constexpr timespec kPatience{0, 500'000};

  PahoWaker() = default;
  /// `library_socket` is Paho's own end of its connection with us. It may close at any time; then nothing is unread.
  explicit PahoWaker(int library_socket) : library_socket_(library_socket) {}

  /// Whether something that we sent lies unread in Paho's socket.
  [[nodiscard]] bool has_unread() const;
  void wake();
  /// Makes Paho send its CONNECT over `ours`, the other end of its connection. Returns when it has read what it was
  /// sent for that, or after a second at most; errors are those of a Wait.
  [[nodiscard]] Result<void> wake_for_connect(int ours, const Wait& wait);

 private:
  int library_socket_ = -1;
  /// Thread id of Paho's receive thread, 0 while it is not known.
  pid_t receive_thread_ = 0;
};

}  // namespace fleet_provision
