#include "adapters/mqtt/mqtt_connection.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "adapters/mqtt/connection_failure.hpp"
#include "adapters/network/http_proxy.hpp"
#include "adapters/network/resolver.hpp"
#include "adapters/network/tcp.hpp"
#include "adapters/network/tls_failure.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"
#include "mqtt/refusal.hpp"

namespace fleet_provision {
namespace {

/// The library connects to its own machine; it needs no more, whatever the network does.
constexpr std::chrono::seconds kLibraryPatience{5};
/// The thread tells what its step was doing when the run's time ended; the owner gives it this long to do so, and no
/// wait of either goes on for longer.
constexpr Milliseconds kLastWordPatience{300};

/// What a connection opens: both ends on loopback, the socket to the server, the resolver's, files of roots. Libraries
/// open some of them and tell a lack as something else.
constexpr unsigned kDescriptorsOfLink = 12;

Instant now() {
  return std::chrono::steady_clock::now();
}

/// A write to a closed socket is an error for the one who writes, not the end of the process.
void block_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// Told to the library, in contrast to what it sends by itself.
bool is_of_the_owner(const MqttPacket& packet) {
  const MqttPacketType type = packet.type;
  return !packet.inbound && (type == MqttPacketType::kSubscribe || type == MqttPacketType::kPublish ||
                             type == MqttPacketType::kDisconnect);
}

}  // namespace

MqttConnection::MqttConnection(const ConnectionOptions& options, const TlsCredentials& credentials,
                               const Interrupt& interrupt, Observer& observer, const ConnectRequest& request)
    : options_(options),
      credentials_(credentials),
      observer_(observer),
      request_(request),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      library_connected_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wait_(interrupt, stop_.get()),
      listener_(LoopbackListener::open()),
      library_(fail(ErrorKind::kInternal, "the library has not connected")) {
  step_.client_id = request.client_id;
  step_.principal = credentials.principal();
  step_.scope = scope_or_placeholders(options.endpoint.host);
  if (auto started = start(); !started) {
    error_ = std::move(started).error();
    ended_ = true;
    port_ = 0;
  }
}

Result<void> MqttConnection::start() {
  FP_TRY(need_descriptors(kDescriptorsOfLink));
  if (!listener_) return fail(listener_.error());
  port_ = listener_->port();
  FP_TRY_ASSIGN(listener_thread_, start_thread([this] { accept_library(); }));
  auto thread = start_thread([this] { run(); });
  if (thread) {
    thread_ = std::move(*thread);
    return {};
  }
  ::eventfd_write(stop_.get(), 1);
  listener_thread_.join();
  return fail(std::move(thread).error());
}

MqttConnection::~MqttConnection() {
  close(Milliseconds{0});
}

void MqttConnection::admit_library() {
  library_ = listener_->admit(std::min(now() + kLibraryPatience, request_.run_deadline), wait_);
  if (!library_) return;
  library_socket_ = PahoSocket(library_->theirs);
  waker_ = PahoWaker(library_->theirs);
  if (auto rung = waker_.wake_for_connect(library_->ours.get(), wait_); !rung) {
    library_ = fail(std::move(rung).error());
  }
}

void MqttConnection::accept_library() {
  block_sigpipe();
  const auto let_in = contained("the connection of the MQTT library failed", [this]() -> Result<void> {
    admit_library();
    return {};
  });
  if (!let_in) library_ = fail(let_in.error());
  ::eventfd_write(library_connected_.get(), 1);
}

void MqttConnection::run() {
  block_sigpipe();
  auto carried = contained("the connection failed", [this] { return open_and_carry(); });
  // Before the library's end is closed: whoever learns of the end from the library asks here for the cause.
  if (!carried) set_error(std::move(carried).error());
  // Whoever still waits at the door, waits for nothing.
  ::eventfd_write(stop_.get(), 1);
  if (listener_thread_.joinable()) listener_thread_.join();
  leave_to_close(library_socket_);
  if (library_) library_->ours.reset();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

template <class Step>
auto MqttConnection::phase(Phase phase, Step step) {
  observer_.phase_began(phase, request_.attempt);
  auto result = step();
  if (result) {
    observer_.phase_ended(phase, request_.attempt);
  } else {
    result = fail(std::move(result).error().in(phase));
  }
  return result;
}

Instant MqttConnection::step_deadline() const {
  return std::min(now() + request_.request_timeout, request_.run_deadline);
}

Result<Descriptor> MqttConnection::open_tcp() {
  const bool by_proxy = options_.proxy.has_value();
  const std::string& host = by_proxy ? options_.proxy->host : options_.endpoint.host;
  const std::uint16_t port = by_proxy ? options_.proxy->port : options_.endpoint.port;
  auto addresses = phase(Phase::kResolve, [&] { return resolve(host, port, step_deadline(), wait_); });
  if (!addresses) {
    return fail(by_proxy ? on_the_way_to_proxy(std::move(addresses).error()) : std::move(addresses).error());
  }
  auto connected = phase(Phase::kTcp, [&] {
    return connect_tcp(host, port, *addresses, request_.request_timeout, request_.run_deadline, wait_);
  });
  if (!connected) {
    return fail(by_proxy ? on_the_way_to_proxy(std::move(connected).error()) : std::move(connected).error());
  }
  TcpConnection& connection = *connected;
  place_ = place(host, connection.address, port);
  observer_.detail("connected to " + place_);
  if (by_proxy) {
    FP_TRY(phase(Phase::kProxy, [&] {
      return ask_proxy(connection.socket.get(), *options_.proxy, options_.endpoint, step_deadline(), wait_);
    }));
    place_ = place(options_.endpoint.host, "", options_.endpoint.port) + " by proxy " + printable(host) + ":" +
             std::to_string(port);
  }
  return std::move(connection.socket);
}

Result<int> MqttConnection::library_end(TlsConnection& server) {
  // A server that refuses us must be heard although nobody has anything to say to it yet.
  const Instant deadline = request_.run_deadline + kLastWordPatience;
  while (true) {
    const Milliseconds left = std::min<Milliseconds>(left_until(deadline, now()), kLibraryPatience);
    if (left == Milliseconds{0}) return fail(ErrorKind::kNoAnswer, "the MQTT library did not connect in time");
    pollfd polled[] = {{library_connected_.get(), POLLIN, 0}, {server.descriptor(), POLLIN, 0}};
    if (::poll(polled, std::size(polled), static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return fail(ErrorKind::kInternal, "poll: " + std::generic_category().message(errno));
    }
    FP_TRY(wait_.check());
    // The server first: when it refuses us, that a library did not come matters no more.
    if (polled[1].revents != 0) {
      char byte = 0;
      const IoStatus status = server.read(&byte, 1).status;
      if (status == IoStatus::kMoved) return fail(ErrorKind::kMalformedAnswer, place_ + " speaks before our CONNECT");
      const bool goes_on = status == IoStatus::kWantsRead || status == IoStatus::kWantsWrite;
      if (const auto failure = server.failure(); failure && !goes_on) return fail(*failure);
      if (!goes_on) return fail(lost({}));
    }
    if (polled[0].revents != 0) break;
  }
  listener_thread_.join();
  if (!library_) return fail(library_.error());
  return library_->ours.get();
}

Result<void> MqttConnection::open_and_carry() {
  FP_TRY_ASSIGN(Descriptor socket, open_tcp());
  const TlsPeer peer{options_.server_name.empty() ? options_.endpoint.host : options_.server_name, options_.alpn,
                     place_, options_.ca_file.value_or("")};
  FP_TRY_ASSIGN(TlsConnection server, phase(Phase::kTls, [&] {
                  return TlsConnection::open(std::move(socket), credentials_, peer, step_deadline(), wait_);
                }));
  server.end_at(request_.run_deadline + kLastWordPatience);
  observer_.detail(server.description());
  observer_.phase_began(Phase::kMqtt, request_.attempt);
  {
    const std::lock_guard lock(mutex_);
    secured_ = true;
    secured_at_ = now();
    tls_version_ = server.version();
    changed_.notify_all();
  }
  FP_TRY_ASSIGN(const int library, library_end(server));
  TlsBridge bridge(
      server, library, waker_, [this](const MqttPacket& packet) { return note(packet); },
      [this](MqttMessage message) { take(std::move(message)); });
  const BridgeEnd end = bridge.run(wait_);
  if (end.error) return fail(in_step(*end.error));
  if (end.server_closed) return fail(lost(end));
  return {};
}

Error MqttConnection::in_step(Error error) {
  const std::lock_guard lock(mutex_);
  if (!connack_seen_) return std::move(error).in(Phase::kMqtt);
  if (suback_pending_) return std::move(error).in(Phase::kSubscribe);
  return error;
}

bool MqttConnection::note(const MqttPacket& packet) {
  observer_.detail(describe(packet));
  if (packet.unexpected && packet.type == MqttPacketType::kPublish) {
    observer_.warned("ignored an unexpected message on " + printable(packet.topic, 300));
  }
  if (packet.unexpected) return true;
  bool accepted = false;
  {
    const std::lock_guard lock(mutex_);
    if (auto refused = refusal(packet, request_.mqtt_version, step_)) {
      if (!error_) error_ = std::move(refused);
    } else if (packet.inbound && packet.type == MqttPacketType::kConnack) {
      connack_seen_ = accepted = true;
    } else if (packet.inbound && packet.type == MqttPacketType::kSuback) {
      suback_pending_ = false;
      accepted = true;
    } else if (packet.inbound && packet.type == MqttPacketType::kPuback) {
      acknowledged_ = acknowledged_ || packet.topic == step_.topic;
    } else if (is_of_the_owner(packet)) {
      ++packets_left_;
    }
    changed_.notify_all();
  }
  if (accepted) {
    observer_.phase_ended(packet.type == MqttPacketType::kConnack ? Phase::kMqtt : Phase::kSubscribe, request_.attempt);
  }
  // A refused CONNACK is kept from the library, which would try again by itself.
  return accepted || packet.type != MqttPacketType::kConnack || !packet.inbound;
}

Error MqttConnection::lost(const BridgeEnd& end) {
  const std::lock_guard lock(mutex_);
  const LinkStage stage = !connack_seen_    ? LinkStage::kConnecting
                          : suback_pending_ ? LinkStage::kSubscribing
                                            : LinkStage::kSubscribed;
  return closed_by_server(stage, step_, {place_, options_.endpoint.port, options_.alpn}, end.since_last_sent);
}

void MqttConnection::set_error(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

Result<void> MqttConnection::check() {
  const std::lock_guard lock(mutex_);
  if (error_) return fail(*error_);
  if (ended_) return fail(ErrorKind::kConnectionLost, "the connection is closed");
  return {};
}

bool MqttConnection::carries() {
  const std::lock_guard lock(mutex_);
  return connack_seen_ && !ended_;
}

Result<ConnectionFacts> MqttConnection::await_connack() {
  std::unique_lock lock(mutex_);
  // Each step before TLS is up has its own deadline in the thread, and its own words for it.
  if (!changed_.wait_until(lock, request_.run_deadline + kLastWordPatience,
                           [this] { return secured_ || error_ || ended_; })) {
    error_ = no_answer(Phase::kMqtt, "no connection to " + printable(options_.endpoint.host) + " came about in time",
                       "it is tried again");
  }
  if (error_) return fail(*error_);
  const Instant deadline = std::min(secured_at_ + request_.request_timeout, request_.run_deadline);
  const auto decided = [this] { return connack_seen_ || error_ || ended_; };
  if (!changed_.wait_until(lock, deadline, decided)) {
    error_ = no_answer(Phase::kMqtt,
                       place_ + " takes TLS but gives no CONNACK " +
                           within_text(request_.request_timeout, deadline == request_.run_deadline),
                       "check that this is the port of an MQTT server; on port 443 AWS IoT needs ALPN x-amzn-mqtt-ca");
  }
  if (error_) return fail(*error_);
  if (!connack_seen_) return fail(ErrorKind::kConnectionLost, "the connection is closed");
  return ConnectionFacts{request_.mqtt_version, tls_version_};
}

void MqttConnection::about_to_subscribe(const std::vector<std::string>& filters) {
  {
    const std::lock_guard lock(mutex_);
    step_.phase = Phase::kSubscribe;
    step_.filters = filters;
    suback_pending_ = true;
    subscribed_at_ = now();
  }
  observer_.phase_began(Phase::kSubscribe, request_.attempt);
}

void MqttConnection::about_to_publish(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  step_.phase = Phase::kCreate;
  step_.topic = topic;
  acknowledged_ = false;
}

bool MqttConnection::acknowledged() {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

bool MqttConnection::have_left(std::size_t packets, Milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return packets_left_ >= packets || error_ || ended_; });
}

Result<void> MqttConnection::await_suback() {
  std::unique_lock lock(mutex_);
  const Instant deadline = std::min(subscribed_at_ + request_.request_timeout, request_.run_deadline);
  if (!changed_.wait_until(lock, deadline, [this] { return !suback_pending_ || error_ || ended_; })) {
    error_ = no_answer(
        Phase::kSubscribe,
        place_ + " gives no SUBACK " + within_text(request_.request_timeout, deadline == request_.run_deadline),
        "the link may have failed; it is tried again");
  }
  if (error_) return fail(*error_);
  if (suback_pending_) return fail(ErrorKind::kConnectionLost, "the connection is closed");
  return {};
}

void MqttConnection::take(MqttMessage message) {
  const std::lock_guard lock(mutex_);
  inbox_.push_back({std::move(message.topic), std::move(message.payload)});
  changed_.notify_all();
}

Result<std::optional<Message>> MqttConnection::await_message(Instant deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, std::min(deadline, request_.run_deadline),
                      [this] { return !inbox_.empty() || error_ || ended_; });
  const bool told_to_stop =
      error_ && (error_->kind == ErrorKind::kInterrupted || error_->kind == ErrorKind::kTerminated);
  // What came before the connection failed is still an answer.
  if (!inbox_.empty() && !told_to_stop) {
    std::optional<Message> message(std::move(inbox_.front()));
    inbox_.pop_front();
    return message;
  }
  if (error_) return fail(*error_);
  if (ended_) return fail(ErrorKind::kConnectionLost, "the connection is closed");
  return std::optional<Message>();
}

void MqttConnection::close(Milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return ended_; });
  }
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

}  // namespace fleet_provision
