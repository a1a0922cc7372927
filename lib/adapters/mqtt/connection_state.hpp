// How far one MQTT connection has come, what the server's packets said, and the first error.
//
// Two sides share it. The connection's threads write it: TLS is up, a packet passed, an error, the end. The owner of
// the session waits on it: for the CONNACK, the SUBACK, a message. Each wait ends as soon as what it waits for is
// there, the first error is known or the connection has ended; the first error stays, and later ones are consequences
// of it. A wait has the request timeout and never outlasts the deadline of the run, except that the thread gets
// kLastWordPatience more to report which step it was in when the time of the run was over.
// Nothing here reads or writes a socket.
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

/// How long after the deadline of the run the thread may still report what it was doing.
inline constexpr Milliseconds kLastWordPatience{300};

class ConnectionState {
 public:
  /// `step` names the client id, the place of its policy and whose it is. All references outlive this.
  ConnectionState(const ConnectRequest& request, Observer& observer, MqttStep step);
  ConnectionState(const ConnectionState&) = delete;
  ConnectionState& operator=(const ConnectionState&) = delete;

  // Written by the threads of the connection.

  void set_peer(ConnectionPeer peer);
  /// TLS is up; the time for the CONNACK begins.
  void set_secured(std::string tls_version);
  /// Takes note of a packet of either direction. False when Paho may not see it: a CONNACK that refuses, after which
  /// Paho would connect again by itself.
  [[nodiscard]] bool note(const MqttPacket& packet);
  void add_message(MqttMessage message);
  /// The first error counts.
  void set_error(Error error);
  void set_ended();
  /// `error` with its phase, where this layer knows it: whether a publish creates or registers is the caller's to say.
  [[nodiscard]] Error in_step(Error error);
  /// The error of a connection that the server closed `after` our last packet.
  [[nodiscard]] Error closed(Milliseconds after);

  // Read by the owner of the session.

  /// Until the CONNACK that accepts this client.
  [[nodiscard]] Result<ConnectionFacts> await_connack();
  /// To be called before Paho is told to subscribe or to publish, since the next packets are about that.
  void begin_subscribe(const std::vector<std::string>& filters);
  void begin_publish(const std::string& topic);
  /// Whether Paho has sent `packets` packets that it was told to send (SUBSCRIBE, PUBLISH, DISCONNECT), or never will,
  /// since the connection has failed or ended; false after `patience`.
  [[nodiscard]] bool await_sent(std::size_t packets, Milliseconds patience);
  /// Until the SUBACK that grants every filter.
  [[nodiscard]] Result<void> await_suback();
  /// Whether the last PUBLISH has had its PUBACK.
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
  /// Notes what `packet` changes; whether it is a CONNACK or SUBACK that accepts.
  [[nodiscard]] bool apply(const MqttPacket& packet) FP_REQUIRES(mutex_);
  /// The first error, or that the connection has ended.
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
