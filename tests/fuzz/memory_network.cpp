#include "tests/fuzz/memory_network.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace fleet_provision::memory_network {
namespace {

struct Peer {
  std::string_view bytes;
  std::size_t piece = 1;
  std::string sent;
};

Peer& peer() {
  static Peer only;
  return only;
}

ssize_t receive(void* buffer, std::size_t size, int flags) {
  Peer& from = peer();
  const std::size_t count = std::min({size, from.piece, from.bytes.size()});
  if (count > 0) std::memcpy(buffer, from.bytes.data(), count);
  if ((flags & MSG_PEEK) == 0) from.bytes.remove_prefix(count);
  return static_cast<ssize_t>(count);
}

/// The first descriptor is the connection, which is always ready; the others never are.
int ready(pollfd* polled, nfds_t count) {
  for (nfds_t i = 0; i < count; ++i) polled[i].revents = 0;
  const bool is_connection = count > 1;
  if (is_connection) polled[0].revents = polled[0].events;
  return is_connection ? 1 : 0;
}

}  // namespace

void set_peer(std::string_view bytes, std::size_t piece) {
  peer().bytes = bytes;
  peer().piece = std::max<std::size_t>(piece, 1);
  peer().sent.clear();
}

std::string_view left() {
  return peer().bytes;
}

const std::string& sent() {
  return peer().sent;
}

}  // namespace fleet_provision::memory_network

namespace network = fleet_provision::memory_network;

// The names are those of the linker (--wrap).
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

ssize_t __wrap_recv(int, void* buffer, std::size_t size, int flags);
ssize_t __wrap___recv_chk(int, void* buffer, std::size_t size, std::size_t, int flags);
ssize_t __wrap_send(int, const void* bytes, std::size_t size, int);
int __wrap_poll(pollfd* polled, nfds_t count, int);
int __wrap___poll_chk(pollfd* polled, nfds_t count, int, std::size_t);

ssize_t __wrap_recv(int, void* buffer, std::size_t size, int flags) {
  return network::receive(buffer, size, flags);
}
// The fortified forms of hardened builds.
ssize_t __wrap___recv_chk(int, void* buffer, std::size_t size, std::size_t, int flags) {
  return network::receive(buffer, size, flags);
}
ssize_t __wrap_send(int, const void* bytes, std::size_t size, int) {
  network::peer().sent.append(static_cast<const char*>(bytes), size);
  return static_cast<ssize_t>(size);
}
int __wrap_poll(pollfd* polled, nfds_t count, int) {
  return network::ready(polled, count);
}
int __wrap___poll_chk(pollfd* polled, nfds_t count, int, std::size_t) {
  return network::ready(polled, count);
}
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
