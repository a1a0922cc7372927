// Counts the round trips of one connection, as its client feels them: how often it had to wait for the other side.
//
// The client's bytes make a turn when something has reached the client since its last bytes; what it sends on without
// having waited belongs to the turn before. A turn is a round trip once an answer reaches the client. What it says last
// and does not wait for (DISCONNECT, and then it closes) is a turn and no round trip. The TCP handshake is one more,
// which no byte shows. For a whole provisioning with TLS 1.3 that makes six: TCP, TLS, CONNECT, SUBSCRIBE, the
// certificate, the thing.
//
// Both events are those at the client's end of the wire. With a delay they are in the order that the client saw;
// without one the count may be too high by what crossed on the way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fleet_provision::benchmark {

struct ConnectionCount {
  unsigned turns = 0;
  unsigned round_trips = 1;
  std::uint64_t bytes_to_server = 0;
  std::uint64_t bytes_to_client = 0;
};

class RoundTrips {
 public:
  void client_sent(std::size_t size);
  void client_got(std::size_t size);
  /// The client sends no more, and waits for nothing.
  void client_closed() { closed_ = true; }

  [[nodiscard]] const ConnectionCount& count() const { return count_; }

 private:
  ConnectionCount count_;
  bool waiting_ = false;
  bool closed_ = false;
};

/// One line of JSON: the sums over all connections, and each of them.
std::string report(double round_trip_ms, const std::vector<ConnectionCount>& connections);

}  // namespace fleet_provision::benchmark
