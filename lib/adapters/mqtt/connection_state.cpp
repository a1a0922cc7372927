#include "adapters/mqtt/connection_state.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// Whether Paho sent the packet for a call of the session's owner, and not on its own.
bool was_requested(const MqttPacket& packet) {
  const MqttPacketType type = packet.type;
  return !packet.inbound && (type == MqttPacketType::kSubscribe || type == MqttPacketType::kPublish ||
                             type == MqttPacketType::kDisconnect);
}

}  // namespace

ConnectionState::ConnectionState(const ConnectRequest& request, Observer& observer, MqttStep step)
    : request_(request), observer_(observer), step_(std::move(step)) {}

void ConnectionState::set_peer(ConnectionPeer peer) {
  const Lock lock(mutex_);
  peer_ = std::move(peer);
}

void ConnectionState::set_secured(std::string tls_version) {
  observer_.phase_began(Phase::kMqtt, request_.attempt);
  {
    const Lock lock(mutex_);
    secured_ = true;
    secured_at_ = std::chrono::steady_clock::now();
    tls_version_ = std::move(tls_version);
  }
  changed_.notify_all();
}

bool ConnectionState::note(const MqttPacket& packet) {
  observer_.detail(describe(packet));
  if (packet.unexpected && packet.type == MqttPacketType::kPublish) {
    observer_.warned("ignored an unexpected message on " + printable(packet.topic, 300));
  }
  if (packet.unexpected) return true;
  bool accepted = false;
  bool failed = false;
  {
    const Lock lock(mutex_);
    accepted = apply(packet);
    failed = error_.has_value();
  }
  // No wait ends at any other packet.
  if (accepted || failed) changed_.notify_all();
  if (accepted) {
    observer_.phase_ended(packet.type == MqttPacketType::kConnack ? Phase::kMqtt : Phase::kSubscribe, request_.attempt);
  }
  return accepted || packet.type != MqttPacketType::kConnack || !packet.inbound;
}

bool ConnectionState::apply(const MqttPacket& packet) {
  if (auto refused = refusal(packet, request_.mqtt_version, step_)) {
    if (!error_) error_ = std::move(refused);
    return false;
  }
  if (was_requested(packet)) ++packets_sent_;
  if (!packet.inbound) return false;
  if (packet.type == MqttPacketType::kPuback) acknowledged_ = acknowledged_ || packet.topic == step_.topic;
  if (packet.type == MqttPacketType::kConnack) connack_seen_ = true;
  if (packet.type == MqttPacketType::kSuback) suback_pending_ = false;
  return packet.type == MqttPacketType::kConnack || packet.type == MqttPacketType::kSuback;
}

void ConnectionState::add_message(MqttMessage message) {
  {
    const Lock lock(mutex_);
    inbox_.push_back({std::move(message.topic), std::move(message.payload)});
  }
  changed_.notify_all();
}

void ConnectionState::set_error(Error error) {
  {
    const Lock lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  changed_.notify_all();
}

void ConnectionState::set_ended() {
  {
    const Lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

Error ConnectionState::in_step(Error error) {
  const Lock lock(mutex_);
  if (!connack_seen_) return std::move(error).in(Phase::kMqtt);
  if (suback_pending_) return std::move(error).in(Phase::kSubscribe);
  return error;
}

Error ConnectionState::closed(Milliseconds after) {
  const Lock lock(mutex_);
  const ConnectionStage stage = !connack_seen_    ? ConnectionStage::kConnecting
                                : suback_pending_ ? ConnectionStage::kSubscribing
                                                  : ConnectionStage::kSubscribed;
  return closed_by_server(stage, step_, peer_, after);
}

Instant ConnectionState::request_deadline(Instant begun) const {
  return std::min(begun + request_.request_timeout, request_.run_deadline);
}

Result<void> ConnectionState::check_held() const {
  if (error_) return fail(*error_);
  if (ended_) return fail(ErrorKind::kConnectionLost, "the connection is closed");
  return {};
}

Result<ConnectionFacts> ConnectionState::await_connack() {
  const Lock lock(mutex_);
  // Each step before TLS is established has its own deadline and error in the thread.
  if (!changed_.wait_until(mutex_, request_.run_deadline + kLastWordPatience,
                           [this]() FP_REQUIRES(mutex_) { return secured_ || error_ || ended_; })) {
    error_ = not_connected(peer_);
  }
  if (error_) return fail(*error_);
  const Instant deadline = request_deadline(secured_at_);
  if (!changed_.wait_until(mutex_, deadline,
                           [this]() FP_REQUIRES(mutex_) { return connack_seen_ || error_ || ended_; })) {
    error_ = no_connack(peer_, within_text(request_.request_timeout, deadline == request_.run_deadline));
  }
  if (error_ || !connack_seen_) FP_TRY(check_held());
  return ConnectionFacts{request_.mqtt_version, tls_version_};
}

void ConnectionState::begin_subscribe(const std::vector<std::string>& filters) {
  {
    const Lock lock(mutex_);
    step_.phase = Phase::kSubscribe;
    step_.filters = filters;
    suback_pending_ = true;
    subscribed_at_ = std::chrono::steady_clock::now();
  }
  observer_.phase_began(Phase::kSubscribe, request_.attempt);
}

void ConnectionState::begin_publish(const std::string& topic) {
  const Lock lock(mutex_);
  step_.phase = Phase::kCreate;
  step_.topic = topic;
  acknowledged_ = false;
}

bool ConnectionState::await_sent(std::size_t packets, Milliseconds patience) {
  const Lock lock(mutex_);
  const bool subscribes = suback_pending_;
  const auto sent = [&]() FP_REQUIRES(mutex_) { return packets_sent_ >= packets || error_ || ended_; };
  // Not woken for the sending itself, because the owner would only go on to wait for the answer.
  changed_.wait_until(mutex_, std::chrono::steady_clock::now() + patience, [&]() FP_REQUIRES(mutex_) {
    return error_ || ended_ || (sent() && (subscribes ? !suback_pending_ : !inbox_.empty()));
  });
  return sent();
}

Result<void> ConnectionState::await_suback() {
  const Lock lock(mutex_);
  const Instant deadline = request_deadline(subscribed_at_);
  if (!changed_.wait_until(mutex_, deadline,
                           [this]() FP_REQUIRES(mutex_) { return !suback_pending_ || error_ || ended_; })) {
    error_ = no_suback(peer_, within_text(request_.request_timeout, deadline == request_.run_deadline));
  }
  if (error_ || suback_pending_) FP_TRY(check_held());
  return {};
}

bool ConnectionState::acknowledged() {
  const Lock lock(mutex_);
  return acknowledged_;
}

Result<std::optional<Message>> ConnectionState::await_message(Instant deadline) {
  const Lock lock(mutex_);
  changed_.wait_until(mutex_, std::min(deadline, request_.run_deadline),
                      [this]() FP_REQUIRES(mutex_) { return !inbox_.empty() || error_ || ended_; });
  const bool interrupted =
      error_ && (error_->kind == ErrorKind::kInterrupted || error_->kind == ErrorKind::kTerminated);
  // A message that was received before the connection failed is still a response.
  if (inbox_.empty() || interrupted) {
    FP_TRY(check_held());
    return std::optional<Message>();
  }
  std::optional<Message> message(std::move(inbox_.front()));
  inbox_.pop_front();
  return message;
}

bool ConnectionState::await_end(Milliseconds patience) {
  const Lock lock(mutex_);
  return changed_.wait_until(mutex_, std::chrono::steady_clock::now() + patience,
                             [this]() FP_REQUIRES(mutex_) { return ended_; });
}

Result<void> ConnectionState::check() {
  const Lock lock(mutex_);
  return check_held();
}

bool ConnectionState::is_open() {
  const Lock lock(mutex_);
  return connack_seen_ && !ended_;
}

}  // namespace fleet_provision
