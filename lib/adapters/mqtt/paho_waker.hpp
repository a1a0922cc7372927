// Wakes Paho where it sleeps although there is work. A Paho that does not need it can do without this file.
//
// As read in and measured with Paho C 1.3.12. Its receive thread waits in poll for something to read; whenever poll has
// nothing for it (no socket yet, a second gone by, a signal) it naps for 100 ms, whatever arrives meanwhile. When its
// socket has just connected it also waits for something to read, up to a second, before it looks at what became
// writable, and only then sends CONNECT. A connection on loopback takes 120 ms so where 1 would do, an answer that
// comes during a nap waits for its end, and no option shortens either.
//
// Both can be ended from outside. The wait for something to read ends when there is something to read: one PINGRESP
// (MQTT section 3.13), which asks nothing of a client, is put into the connection first. The nap is a usleep, which a
// signal ends. Whether Paho naps is seen from the bytes that lie unread in its socket, which is one of this process: as
// long as some do, each half millisecond a no-op signal goes to that one thread, found by its name under
// /proc/self/task. A signal that comes too late and ends a poll costs another nap, and that is rung off the same way.
//
// The signal is a real-time one that nobody else in this process uses; its handler is empty, stays installed, since a
// late signal must find it, and only that thread is ever sent one. Without /proc, without a free signal or with
// another Paho all of this does nothing, and Paho takes its time.
//
// Its send thread has a defect of its own, see SendBell in paho_transport.cpp.
#pragma once

#include <sys/types.h>

#include <ctime>

#include "adapters/network/wait.hpp"

namespace fleet_provision {

class PahoWaker {
 public:
  /// How long unread bytes may lie before the bell is rung, and rung again.
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
