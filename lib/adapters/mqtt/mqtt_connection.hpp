// One connection below Paho: the threads that open the way to the server and carry the packets.
//
// The connection begins as soon as it is made. Its main thread resolves the host, connects, asks the proxy and shakes
// hands. Meanwhile the listener thread accepts Paho's connection on loopback and wakes Paho, so that its CONNECT is
// ready when TLS is up. Then the main thread runs the TLS bridge until one side ends.
// What the packets said, the first error and all waits of the session's owner are in ConnectionState.
// Order at the end: the error is noted before Paho's connection is closed, since who learns of the close from Paho asks
// here for the cause; both threads are joined before this object is gone. An interrupt, and `close`, end every wait of
// the threads.
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

  /// The port on 127.0.0.1 that Paho is to connect to; 0 when there is none, and then every wait of `state` says why.
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
  /// Waits for Paho's connection, and meanwhile reads what a server that refuses us has to say. Gives our end.
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
  /// Of the main thread.
  ConnectionPeer peer_;

  // Written by the listener thread, read by the main thread after it has joined that one.
  Result<LoopbackListener> listener_;
  Result<OwnConnection> library_;
  PahoWaker waker_;
  PahoSocket library_socket_;

  std::thread listener_thread_;
  std::thread thread_;
};

}  // namespace fleet_provision
