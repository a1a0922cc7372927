#include "adapters/mqtt/mqtt_connection.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "adapters/mqtt/connection_failure.hpp"
#include "adapters/mqtt/tls_bridge.hpp"
#include "adapters/network/http_proxy.hpp"
#include "adapters/network/resolver.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// Paho connects over loopback, so the speed of the network does not matter.
constexpr std::chrono::seconds kPatienceForPahoConnect{5};

/// What a connection opens: both ends on loopback, the sockets to the server and of the resolver, files of roots. Some
/// of them are opened by libraries that report a lack of descriptors as something else.
constexpr unsigned kDescriptorsOfConnection = 12;

/// A write to a closed socket then fails with EPIPE instead of ending the process.
void block_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

MqttStep first_step(const ConnectionOptions& options, const TlsCredentials& credentials,
                    const ConnectRequest& request) {
  MqttStep step;
  step.client_id = request.client_id;
  step.principal = credentials.principal();
  step.scope = scope_or_placeholders(options.endpoint.host);
  return step;
}

}  // namespace

MqttConnection::MqttConnection(const ConnectionOptions& options, const TlsCredentials& credentials,
                               const Interrupt& interrupt, Observer& observer, const ConnectRequest& request)
    : options_(options),
      credentials_(credentials),
      observer_(observer),
      request_(request),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      listener_done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wait_(interrupt, stop_.get()),
      state_(request_, observer, first_step(options, credentials, request)),
      peer_{printable(options.endpoint.host), options.endpoint.port, options.alpn},
      listener_(LoopbackListener::open()),
      library_(fail(ErrorKind::kInternal, "the MQTT library has not connected")) {
  state_.set_peer(peer_);
  if (auto started = start(); !started) {
    state_.set_error(std::move(started).error());
    state_.set_ended();
    port_ = 0;
  }
}

Result<void> MqttConnection::start() {
  FP_TRY(need_descriptors(kDescriptorsOfConnection));
  if (!listener_) return fail(listener_.error());
  port_ = listener_->port();
  FP_TRY_ASSIGN(listener_thread_, start_thread([this] { run_listener(); }));
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

void MqttConnection::close(Milliseconds patience) {
  state_.await_end(patience);
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

void MqttConnection::run_listener() {
  block_sigpipe();
  auto accepted = contained("the connection of the MQTT library failed", [this] { return accept_library(); });
  if (!accepted) library_ = fail(std::move(accepted).error());
  ::eventfd_write(listener_done_.get(), 1);
}

Result<void> MqttConnection::accept_library() {
  library_ = listener_->admit(
      std::min(std::chrono::steady_clock::now() + kPatienceForPahoConnect, request_.run_deadline), wait_);
  if (!library_) return {};
  library_socket_ = PahoSocket(library_->theirs);
  waker_ = PahoWaker(library_->theirs);
  return waker_.wake_for_connect(library_->ours.get(), wait_);
}

void MqttConnection::run() {
  block_sigpipe();
  auto carried = contained("the connection failed", [this] { return open_and_carry(); });
  if (!carried) state_.set_error(std::move(carried).error());
  // The listener thread may still wait for Paho.
  ::eventfd_write(stop_.get(), 1);
  if (listener_thread_.joinable()) listener_thread_.join();
  leave_to_close(library_socket_);
  if (library_) library_->ours.reset();
  state_.set_ended();
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
  return std::min(std::chrono::steady_clock::now() + request_.request_timeout, request_.run_deadline);
}

Result<TcpConnection> MqttConnection::reach(const std::string& host, std::uint16_t port) {
  FP_TRY_ASSIGN(const auto addresses,
                phase(Phase::kResolve, [&] { return resolve(host, port, step_deadline(), wait_); }));
  return phase(Phase::kTcp, [&] {
    return connect_tcp(host, port, addresses, request_.request_timeout, request_.run_deadline, wait_);
  });
}

Result<Descriptor> MqttConnection::open_tcp() {
  const bool by_proxy = options_.proxy.has_value();
  const std::string& host = by_proxy ? options_.proxy->host : options_.endpoint.host;
  const std::uint16_t port = by_proxy ? options_.proxy->port : options_.endpoint.port;
  auto reached = reach(host, port);
  if (!reached && by_proxy) return fail(on_the_way_to_proxy(std::move(reached).error()));
  if (!reached) return fail(std::move(reached).error());
  TcpConnection& connection = *reached;
  peer_.name = name_of_peer(host, connection.address, port);
  observer_.detail("connected to " + peer_.name);
  if (by_proxy) {
    FP_TRY(phase(Phase::kProxy, [&] {
      return ask_proxy(connection.socket.get(), *options_.proxy, options_.endpoint, step_deadline(), wait_);
    }));
    peer_.name = name_of_peer(options_.endpoint.host, "", options_.endpoint.port) + " by proxy " + printable(host) +
                 ":" + std::to_string(port);
  }
  state_.set_peer(peer_);
  return std::move(connection.socket);
}

Result<TlsConnection> MqttConnection::open_tls(Descriptor socket) {
  const TlsPeer peer{options_.server_name.empty() ? options_.endpoint.host : options_.server_name, options_.alpn,
                     peer_.name, options_.ca_file.value_or("")};
  auto server = phase(
      Phase::kTls, [&] { return TlsConnection::open(std::move(socket), credentials_, peer, step_deadline(), wait_); });
  if (!server) return server;
  server->end_at(request_.run_deadline + kLastWordPatience);
  observer_.detail(server->description());
  state_.set_secured(server->version());
  return server;
}

Result<void> MqttConnection::read_before_connect(TlsConnection& server) {
  char byte = 0;
  const IoStatus status = server.read(&byte, 1).status;
  if (status == IoStatus::kMoved) return fail(server_spoke_first(peer_));
  if (status == IoStatus::kWantsRead || status == IoStatus::kWantsWrite) return {};
  if (const auto failure = server.failure()) return fail(*failure);
  return fail(state_.closed(Milliseconds{0}));
}

Result<int> MqttConnection::await_library(TlsConnection& server) {
  const Instant deadline = request_.run_deadline + kLastWordPatience;
  while (true) {
    const Milliseconds left =
        std::min<Milliseconds>(left_until(deadline, std::chrono::steady_clock::now()), kPatienceForPahoConnect);
    if (left == Milliseconds{0}) return fail(ErrorKind::kNoAnswer, "the MQTT library did not connect in time");
    pollfd polled[] = {{listener_done_.get(), POLLIN, 0}, {server.descriptor(), POLLIN, 0}};
    if (::poll(polled, std::size(polled), static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return fail(ErrorKind::kInternal, "poll: " + std::generic_category().message(errno));
    }
    FP_TRY(wait_.check());
    // Checks the server first: if it refuses the client, that is the cause, whatever happened to Paho's connection.
    if (polled[1].revents != 0) FP_TRY(read_before_connect(server));
    if (polled[0].revents != 0) break;
  }
  listener_thread_.join();
  if (!library_) return fail(library_.error());
  return library_->ours.get();
}

Result<void> MqttConnection::open_and_carry() {
  FP_TRY_ASSIGN(Descriptor socket, open_tcp());
  FP_TRY_ASSIGN(TlsConnection server, open_tls(std::move(socket)));
  FP_TRY_ASSIGN(const int library, await_library(server));
  TlsBridge bridge(
      server, library, waker_, [this](const MqttPacket& packet) { return state_.note(packet); },
      [this](MqttMessage message) { state_.add_message(std::move(message)); });
  const BridgeEnd end = bridge.run(wait_);
  if (end.error) return fail(state_.in_step(*end.error));
  if (end.server_closed) return fail(state_.closed(end.since_last_sent));
  return {};
}

}  // namespace fleet_provision
