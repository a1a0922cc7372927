// Transfers MQTT between Paho on loopback and the server behind TLS, and lets the guard check every packet.
//
// One thread, one poll loop, two buffers. The loop moves bytes in both directions until nothing moves, then sleeps on
// exactly the events that would let something move. Where no event of a descriptor is wanted, -1 stands for it in poll,
// else its hang-up would spin. Every turn checks whether the run is interrupted. While Paho leaves bytes unread, the
// sleep is short and Paho is woken (paho_waker.hpp). Back-pressure: a side is read only when the bytes read before have
// been written to the other. After a failed write the bridge still reads from that side: it may get the server's alert
// with the reason, or the last packets of Paho if Paho closed without reading everything. End: when Paho has sent
// DISCONNECT or closed, its bytes are written, then close_notify. Bytes on loopback are acknowledged at once
// (TCP_QUICKACK): Paho writes a packet in two pieces without TCP_NODELAY, and its kernel would hold back the second
// piece for 40 ms.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "adapters/mqtt/paho_waker.hpp"
#include "adapters/network/tls_connection.hpp"
#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"
#include "core/deadline.hpp"
#include "mqtt/guard.hpp"
#include "mqtt/payload.hpp"

namespace fleet_provision {

/// How a connection ended: with an error (of the guard, of TLS, an interrupt), by the server's close, or else by Paho.
struct BridgeEnd {
  std::optional<Error> error;
  bool server_closed = false;
  /// The time from the last bytes sent to the server to the end.
  Milliseconds since_last_sent{0};
};

class TlsBridge {
 public:
  /// Called with each packet of both directions, in order; a result of false ends the connection.
  using OnPacket = std::function<bool(const MqttPacket&)>;

  /// Called with the message of a PUBLISH of the server, before OnPacket; the library gets no payload.
  using OnMessage = std::function<void(MqttMessage)>;

  /// `waker` wakes the library while it leaves bytes unread.
  TlsBridge(TlsConnection& server, int library, PahoWaker& waker, OnPacket on_packet, OnMessage on_message);
  ~TlsBridge();
  TlsBridge(const TlsBridge&) = delete;
  TlsBridge& operator=(const TlsBridge&) = delete;

  /// Transfers bytes until one side or `wait` ends the connection.
  [[nodiscard]] BridgeEnd run(const Wait& wait);

 private:
  /// Bytes in transfer, and how many of them have been sent.
  struct Buffer {
    std::vector<char> bytes;
    std::size_t sent = 0;
    [[nodiscard]] bool empty() const { return sent == bytes.size(); }
    void advance(std::size_t count);
  };

  [[nodiscard]] Result<void> move_all();
  [[nodiscard]] Result<void> read_library();
  [[nodiscard]] Result<void> read_server();
  void write_server();
  void write_library();
  /// Sleeps until bytes may be transferred; notes from which side. Fails when `wait` ends.
  [[nodiscard]] Result<void> sleep(const Wait& wait);
  [[nodiscard]] bool over() const;
  void report(const std::vector<MqttPacket>& packets);

  TlsConnection& server_;
  int library_;
  PahoWaker& waker_;
  OnPacket on_packet_;
  OnMessage on_message_;
  MqttGuard guard_;
  Buffer to_server_;
  Buffer to_library_;
  std::vector<char> scratch_;
  Instant last_sent_;
  bool library_done_ = false;
  bool server_done_ = false;
  bool write_failed_ = false;
  bool refused_ = false;
  /// Which side may have bytes. At the start both are tried, since they may have been sent before.
  bool library_ready_ = true;
  bool server_ready_ = true;
  /// The last reading from the server got bytes, and the TLS connection holds more that no poll reports.
  bool server_has_more_ = false;
  /// Paho may not have read all that it was sent.
  bool library_may_lag_ = true;
  /// What the last TLS call was waiting for.
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
};

}  // namespace fleet_provision
