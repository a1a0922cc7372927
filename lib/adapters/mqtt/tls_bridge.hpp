// Carries MQTT between the library on loopback and the server behind TLS, and judges it on the way.
//
// One thread, one poll loop, two buffers. Both directions are tried until nothing moves, and only then it sleeps, on
// exactly what would let something move: a descriptor that nothing is wanted of is -1, else its hang-up would spin. On
// every turn it looks whether it is to stop.
// While the library leaves unread what it was sent, the sleep is short and ends with a ring (see paho_doorbell.hpp).
// Back-pressure: a side is read only when what was read before has gone out. After a failed write the server is still
// read, since the alert that says why may lie there. When the library has said DISCONNECT, or closed, what it wrote
// goes out, then close_notify, then it ends. Data on the loopback is acknowledged at once (TCP_QUICKACK): the library
// writes a packet in two pieces without TCP_NODELAY, and its kernel would hold the second back for 40 ms.
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

/// How a tunnel ended: with an error (the guard's, TLS's, an interrupt), by the server's close, or else by our side.
struct BridgeEnd {
  std::optional<Error> error;
  bool server_closed = false;
  /// From the last bytes we sent to the end.
  Milliseconds since_last_sent{0};
};

class TlsBridge {
 public:
  /// Told each packet of both directions, in order; false ends the connection.
  using OnPacket = std::function<bool(const MqttPacket&)>;

  /// Given what a PUBLISH of the server says, before its packet is told; the library is given no payload.
  using OnMessage = std::function<void(MqttMessage)>;

  /// `waker` wakes the library where it leaves unread what it was sent.
  TlsBridge(TlsConnection& server, int library, PahoWaker& waker, OnPacket on_packet, OnMessage on_message);
  ~TlsBridge();
  TlsBridge(const TlsBridge&) = delete;
  TlsBridge& operator=(const TlsBridge&) = delete;

  /// Carries until one side ends it or `wait` does.
  [[nodiscard]] BridgeEnd run(const Wait& wait);

 private:
  /// Bytes on their way, and how many of them have gone.
  struct Buffer {
    std::vector<char> bytes;
    std::size_t gone = 0;
    [[nodiscard]] bool empty() const { return gone == bytes.size(); }
    void advance(std::size_t count);
  };

  [[nodiscard]] Result<bool> move_all();
  [[nodiscard]] Result<bool> read_library();
  [[nodiscard]] Result<bool> read_server();
  bool write_server();
  bool write_library();
  /// Sleeps until something may move.
  [[nodiscard]] Result<bool> sleep(const Wait& wait);
  [[nodiscard]] bool over() const;
  void tell(const std::vector<MqttPacket>& packets);

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
  /// What the last TLS call was waiting for.
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
};

}  // namespace fleet_provision
