// A TCP proxy on 127.0.0.1 that delays data by a given time.
//
// Each direction takes half of the round trip, for every byte from when it was read: what is sent in a row arrives in a
// row. The TCP handshake, which the kernel answers at once, is charged too: the client's bytes leave no earlier than
// one round trip after its connection was accepted, which is when a far server's SYN-ACK would have been there. What a
// client does between its connect and its first byte is thereby taken to go on while the SYN travels.
//
// Not modelled: loss, bandwidth, slow start (the whole exchange is a few segments each way).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "tests/benchmark/delay_proxy/delay_line.hpp"
#include "tests/benchmark/delay_proxy/round_trips.hpp"

namespace fleet_provision::benchmark {

class DelayProxy {
 public:
  /// Listens on a free port. Throws std::system_error.
  DelayProxy(std::uint16_t server_port, std::chrono::microseconds round_trip);
  DelayProxy(const DelayProxy&) = delete;
  DelayProxy& operator=(const DelayProxy&) = delete;
  ~DelayProxy();

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Carries until `wake` can be read.
  void carry_until(int wake);

  /// Carries until every connection has ended on both sides, then gives the counts of those that ended since last
  /// asked.
  std::vector<ConnectionCount> settle();

 private:
  struct Connection;

  void turn(int wake, bool& woken);
  void accept_one();

  std::uint16_t server_port_;
  std::chrono::microseconds round_trip_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Connection>> open_;
  std::vector<ConnectionCount> ended_;
};

}  // namespace fleet_provision::benchmark
