// One connection below Paho: the threads that connect to the server and transfer the packets.
//
// The connection starts with its construction. Its main thread resolves the host, connects, asks the proxy and performs
// the TLS handshake. Meanwhile the listener thread accepts Paho's connection on loopback and wakes Paho, so that its
// CONNECT is ready when TLS is established. Then the main thread runs the TLS bridge until one side ends. The content
// of the packets, the first error and all waits of the session's owner are in ConnectionState. Order at the end: the
// error is recorded before Paho's connection is closed, because the caller that learns of the close from Paho then asks
// ConnectionState for the cause; both threads are joined before this object is destroyed. An interrupt, and `close`,
// end every wait of the threads.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "adapters/mqtt/connection_state.hpp"
#include "adapters/mqtt/loopback_listener.hpp"
#include "adapters/mqtt/paho_socket.hpp"
#include "adapters/mqtt/paho_waker.hpp"
#include "adapters/network/connection_options.hpp"
#include "adapters/network/tcp.hpp"
#include "adapters/network/tls_connection.hpp"
#include "adapters/network/tls_credentials.hpp"
#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

class MqttConnection {
 public:
  /// All references outlive the connection.
  MqttConnection(const ConnectionOptions& options, const TlsCredentials& credentials, const Interrupt& interrupt,
                 Observer& observer, const ConnectRequest& request);
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;
  ~MqttConnection();

  /// The port on 127.0.0.1 that Paho must connect to; 0 if there is none, and then every wait of `state` returns the
  /// error.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ConnectionState& state() { return state_; }

  /// Waits for the connection to end, at most `patience`; then ends it and both threads.
  void close(Milliseconds patience);

 private:
  /// Starts both threads, or none.
  [[nodiscard]] Result<void> start();

  // The listener thread.
  void run_listener();
  [[nodiscard]] Result<void> accept_library();

  // The main thread.
  void run();
  [[nodiscard]] Result<void> open_and_carry();
  [[nodiscard]] Result<Descriptor> open_tcp();
  [[nodiscard]] Result<TcpConnection> reach(const std::string& host, std::uint16_t port);
  [[nodiscard]] Result<TlsConnection> open_tls(Descriptor socket);
  /// Waits for Paho's connection, and meanwhile reads from the server, which may refuse the client. Returns the
  /// accepted end.
  [[nodiscard]] Result<int> await_library(TlsConnection& server);
  [[nodiscard]] Result<void> read_before_connect(TlsConnection& server);
  [[nodiscard]] Instant step_deadline() const;
  template <class Step>
  [[nodiscard]] auto phase(Phase phase, Step step);

  const ConnectionOptions& options_;
  const TlsCredentials& credentials_;
  Observer& observer_;
  const ConnectRequest request_;
  Descriptor stop_;
  /// Readable once the listener thread is done.
  Descriptor listener_done_;
  Wait wait_;
  std::uint16_t port_ = 0;
  ConnectionState state_;
  /// Used by the main thread only.
  ConnectionPeer peer_;

  // Written by the listener thread, read by the main thread after it has joined the listener thread.
  Result<LoopbackListener> listener_;
  Result<OwnConnection> library_;
  PahoWaker waker_;
  PahoSocket library_socket_;

  std::thread listener_thread_;
  std::thread thread_;
};

}  // namespace fleet_provision
