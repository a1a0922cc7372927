// Wakes Paho where it sleeps although there is work. A Paho that does not need it can do without this file.
//
// As read in and measured with Paho C 1.3.12. Its receive thread looks for sockets as soon as it starts, finds none,
// because the send thread has not opened one yet, and naps 100 ms. Then, with the socket connected, it waits for it to
// become readable for up to 100 ms before it looks at what became writable, and only then sends CONNECT. Together they
// make a connection on loopback take 120 ms where 1 would do, and no option shortens either.
//
// Both sleeps can be ended from outside. The nap is a usleep, which a signal ends: a no-op signal is sent to that one
// thread, found by its name under /proc/self/task, until it has spoken. The wait for something to read ends when there
// is something to read: one PINGRESP (MQTT section 3.13), which asks nothing of a client, is put in front of it.
// The signal is a real-time one that nobody else in this process uses; its handler is empty, stays installed, since a
// late signal must find it, and only that thread is ever sent one. Without /proc, without a free signal or with
// another Paho all of this does nothing, and the connection takes its 120 ms.
#pragma once

#include "adapters/wait.hpp"

namespace fleet_provision {

/// `accepted` is our end of the connection that Paho has just made. Returns when Paho's first bytes are there to be
/// read, or after a second at most; errors are those of a Wait.
[[nodiscard]] Result<void> ring_paho(int accepted, const Wait& wait);

}  // namespace fleet_provision
