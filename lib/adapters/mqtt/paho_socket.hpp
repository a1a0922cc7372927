// Keeps Paho from confusing a new connection with the previous one.
//
// As read in and measured with Paho C 1.3.12. Its receive thread detects under Paho's lock that a socket has failed,
// releases the lock, acquires it again and closes the client that has a socket with that number (MQTTAsync_cycle,
// MQTTAsync_receiveThread, nextOrClose). Between the two another thread may close the socket, and the next client's
// socket is then given the same number, the lowest free one: the thread closes the connection of the new client for an
// error of the old one. So a session that immediately follows another can lose its connection before its CONNECT is
// sent. It is rare: seen once in the tests. With that thread delayed at random, half of the runs of 100 sessions met
// it.
//
// So another descriptor of this process occupies the number of the last socket while the next session lives. With
// another version of Paho this does no harm.
#pragma once

#include <sys/types.h>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision {

/// Identifies a socket by more than its descriptor number, which may be reused once the socket is closed.
class PahoSocket {
 public:
  /// None.
  PahoSocket() = default;
  explicit PahoSocket(int number);

  /// The descriptor number; -1 for none.
  [[nodiscard]] int number() const { return number_; }
  /// Whether the number still refers to this socket.
  [[nodiscard]] bool is_open() const;

 private:
  int number_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Call it when the connection with Paho has ended, before this process closes its end: Paho closes `socket` soon.
void leave_to_close(const PahoSocket& socket);

/// Waits until Paho has closed the socket that was last left to it, at most 200 ms, and occupies its number. No
/// descriptor if there is no such socket, if its number already refers to another file, or if no descriptor is left.
/// Of sockets of sessions in parallel only the one that was left last is protected.
[[nodiscard]] Descriptor occupy_number_of_last_socket();

}  // namespace fleet_provision
