// The state of one MQTT connection: its progress, the content of the server's packets, and the first error.
//
// The connection's threads write it: TLS is established, a packet has passed, an error, the end. The owner of the
// session waits on it: for the CONNACK, the SUBACK, a message. Each wait ends as soon as the awaited event has
// occurred, the first error is known or the connection has ended; the first error stays, and later ones are
// consequences of it. A wait has the request timeout and never outlasts the deadline of the run, except that the thread
// gets kLastWordPatience more to report which step it was in when the time of the run was over. Nothing here reads or
// writes a socket.
//
// A waiting thread is woken only for what it may wait for, and after the mutex was released: it would otherwise wake
// only to sleep again, and each time costs two system calls and two changes of thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "adapters/mqtt/connection_failure.hpp"
#include "core/deadline.hpp"
#include "core/mutex.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/refusal.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

/// The time after the deadline of the run in which the thread may still report its step.
inline constexpr Milliseconds kLastWordPatience{300};

class ConnectionState {
 public:
  /// `step` holds the client id, and principal and scope of its policy. All references outlive this object.
  ConnectionState(const ConnectRequest& request, Observer& observer, MqttStep step);
  ConnectionState(const ConnectionState&) = delete;
  ConnectionState& operator=(const ConnectionState&) = delete;

  // Written by the threads of the connection.

  void set_peer(ConnectionPeer peer);
  /// TLS is up; the time for the CONNACK begins.
  void set_secured(std::string tls_version);
  /// Records a packet of either direction. False if Paho must not receive it: a CONNACK that refuses, after which Paho
  /// would reconnect on its own.
  [[nodiscard]] bool note(const MqttPacket& packet);
  void add_message(MqttMessage message);
  /// The first error counts.
  void set_error(Error error);
  void set_ended();
  /// `error` with its phase, if this layer knows it; only the caller knows whether a publish creates or registers.
  [[nodiscard]] Error in_step(Error error);
  /// The error of a connection that the server closed `after` the client's last packet.
  [[nodiscard]] Error closed(Milliseconds after);

  // Read by the owner of the session.

  /// Waits for the CONNACK that accepts this client.
  [[nodiscard]] Result<ConnectionFacts> await_connack();
  /// Call these before Paho's subscribe or publish, because the next packets belong to that step.
  void begin_subscribe(const std::vector<std::string>& filters);
  void begin_publish(const std::string& topic);
  /// Whether Paho has sent `packets` packets of the session's owner (SUBSCRIBE, PUBLISH, DISCONNECT), or never will
  /// because the connection has failed or ended. Returns after `patience`, or as soon as the answer is there.
  [[nodiscard]] bool await_sent(std::size_t packets, Milliseconds patience);
  /// Waits for the SUBACK that grants every filter.
  [[nodiscard]] Result<void> await_suback();
  /// Whether the PUBACK of the last PUBLISH has arrived.
  [[nodiscard]] bool acknowledged();
  /// The next message that the guard approved; nothing at `deadline`.
  [[nodiscard]] Result<std::optional<Message>> await_message(Instant deadline);
  /// False after `patience`.
  bool await_end(Milliseconds patience);
  /// The first error; kConnectionLost when the connection has ended without one.
  [[nodiscard]] Result<void> check();
  /// Whether the server has accepted this client and the connection has not ended.
  [[nodiscard]] bool is_open();

 private:
  /// Applies `packet` to the state; returns whether it is an accepting CONNACK or SUBACK.
  [[nodiscard]] bool apply(const MqttPacket& packet) FP_REQUIRES(mutex_);
  /// The first error, or the error for a connection that has ended.
  [[nodiscard]] Result<void> check_held() const FP_REQUIRES(mutex_);
  [[nodiscard]] Instant request_deadline(Instant begun) const;

  const ConnectRequest& request_;
  Observer& observer_;

  Mutex mutex_;
  Condition changed_;
  MqttStep step_ FP_GUARDED_BY(mutex_);
  ConnectionPeer peer_ FP_GUARDED_BY(mutex_);
  std::optional<Error> error_ FP_GUARDED_BY(mutex_);
  std::string tls_version_ FP_GUARDED_BY(mutex_);
  Instant secured_at_ FP_GUARDED_BY(mutex_){};
  Instant subscribed_at_ FP_GUARDED_BY(mutex_){};
  bool secured_ FP_GUARDED_BY(mutex_) = false;
  bool connack_seen_ FP_GUARDED_BY(mutex_) = false;
  bool suback_pending_ FP_GUARDED_BY(mutex_) = false;
  bool acknowledged_ FP_GUARDED_BY(mutex_) = false;
  bool ended_ FP_GUARDED_BY(mutex_) = false;
  std::size_t packets_sent_ FP_GUARDED_BY(mutex_) = 0;
  std::deque<Message> inbox_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
