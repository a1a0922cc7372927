// Everything below the MQTT library: a thread that opens the way to the server and then carries the packets, and what
// those packets said.
//
// The link begins at once when it is made. Its thread resolves, connects, asks the proxy and shakes hands; meanwhile a
// second thread lets the library in through the loopback door and wakes it, so that its CONNECT lies ready when TLS is
// up. Then the first thread is the bridge. The owner waits here for what the guard saw (CONNACK, SUBACK, PUBLISH) or
// for the first error, whichever comes first; an interrupt ends the thread's own wait and so each of these.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/mqtt/loopback_listener.hpp"
#include "adapters/mqtt/paho_socket.hpp"
#include "adapters/mqtt/paho_waker.hpp"
#include "adapters/mqtt/tls_bridge.hpp"
#include "adapters/network/connection_options.hpp"
#include "adapters/network/tls_connection.hpp"
#include "adapters/network/tls_credentials.hpp"
#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"
#include "mqtt/refusal.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

class MqttConnection {
 public:
  /// All references outlive the link.
  MqttConnection(const ConnectionOptions& options, const TlsCredentials& credentials, const Interrupt& interrupt,
                 Observer& observer, const ConnectRequest& request);
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;
  ~MqttConnection();

  /// Where the library is to connect, on 127.0.0.1; 0 when there is no door, and then every wait says why.
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Until the CONNACK that accepts us.
  [[nodiscard]] Result<ConnectionFacts> await_connack();
  /// To be said before the library is told to subscribe or publish: what the next packets are about.
  void about_to_subscribe(const std::vector<std::string>& filters);
  void about_to_publish(const std::string& topic);
  /// Whether the library has sent so many packets of its owner's (SUBSCRIBE, PUBLISH, DISCONNECT), or never will, since
  /// the link is over; false after `patience`.
  [[nodiscard]] bool have_left(std::size_t packets, Milliseconds patience);
  /// Until the SUBACK that grants every filter.
  [[nodiscard]] Result<void> await_suback();
  /// Whether the last PUBLISH of ours has had its PUBACK.
  [[nodiscard]] bool acknowledged();
  /// The next message that the guard let through; nothing at `deadline`. The library has seen it without its payload.
  [[nodiscard]] Result<std::optional<Message>> await_message(Instant deadline);
  /// The first error, if there was one.
  [[nodiscard]] Result<void> check();

  /// Whether the tunnel carries: connected and not yet over.
  [[nodiscard]] bool carries();
  /// Waits for the library's DISCONNECT to leave, at most `patience`; then ends both threads.
  void close(Milliseconds patience);

 private:
  /// Starts both threads, or none.
  [[nodiscard]] Result<void> start();
  void run();
  [[nodiscard]] Result<void> open_and_carry();
  [[nodiscard]] Result<Descriptor> open_tcp();
  /// Waits for the library, and meanwhile listens to what the server may have against us.
  [[nodiscard]] Result<int> library_end(TlsConnection& server);
  void accept_library();
  void admit_library();
  [[nodiscard]] bool note(const MqttPacket& packet);
  void take(MqttMessage message);
  /// With the phase where this layer knows it: whether a publish creates or registers is the caller's to say.
  [[nodiscard]] Error in_step(Error error);
  [[nodiscard]] Error lost(const BridgeEnd& end);
  void set_error(Error error);
  [[nodiscard]] Instant step_deadline() const;
  template <class Step>
  [[nodiscard]] auto phase(Phase phase, Step step);

  const ConnectionOptions& options_;
  const TlsCredentials& credentials_;
  Observer& observer_;
  const ConnectRequest request_;
  Descriptor stop_;
  Descriptor library_connected_;
  Wait wait_;
  std::uint16_t port_ = 0;
  std::string place_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::optional<Error> error_;
  MqttStep step_;
  std::string tls_version_;
  Instant secured_at_{};
  bool secured_ = false;
  bool connack_seen_ = false;
  bool ended_ = false;
  bool suback_pending_ = false;
  bool acknowledged_ = false;
  Instant subscribed_at_{};
  std::size_t packets_left_ = 0;
  std::deque<Message> inbox_;

  Result<LoopbackListener> listener_;
  Result<OwnConnection> library_;
  PahoWaker waker_;
  PahoSocket library_socket_;
  std::thread listener_thread_;
  std::thread thread_;
};

}  // namespace fleet_provision
