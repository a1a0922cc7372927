// Keeps Paho from taking a new connection for the one before it.
//
// As read in and measured with Paho C 1.3.12. Its receive thread finds out under Paho's lock that a socket has failed,
// lets go of the lock, takes it again and closes the client that has a socket of that number (MQTTAsync_cycle,
// MQTTAsync_receiveThread, nextOrClose). Between the two another thread may close the socket, and the next client's
// socket is then given the same number, the lowest free one: the thread closes the connection of the new client for an
// error of the old one. A session that follows another at once can so lose its connection before its CONNECT leaves, if
// the machine is busy; one of 20,000 did.
//
// So the number of the last socket stays occupied by a descriptor of ours while the next session lives. With another
// Paho this does no harm.
#pragma once

#include <sys/types.h>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision {

/// Which socket a number stood for; the number may be given to something else once it is closed.
class PahoSocket {
 public:
  /// None.
  PahoSocket() = default;
  explicit PahoSocket(int number);

  /// The descriptor number; -1 for none.
  [[nodiscard]] int number() const { return number_; }
  /// Whether the number still stands for this socket.
  [[nodiscard]] bool is_open() const;

 private:
  int number_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// To be said when the connection with Paho is over, before our end of it is closed: Paho closes `socket` soon.
void leave_to_close(const PahoSocket& socket);

/// Waits until Paho has closed the socket that was last left to it, at most 200 ms, and occupies its number. None when
/// there is no such socket, or when its number stands for something else already.
[[nodiscard]] Descriptor occupy_number_of_last_socket();

}  // namespace fleet_provision
