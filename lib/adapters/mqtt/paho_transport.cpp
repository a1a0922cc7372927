// Paho uses MQTT over plain TCP to 127.0.0.1; MqttConnection implements the layers below.
//
// Paho does CONNECT, one SUBSCRIBE with all filters, PUBLISH, PUBACK and DISCONNECT. The results of the server come
// from the guard (mqtt/guard.hpp), never from Paho's codes and exceptions, which omit the reason codes. Workarounds for
// Paho: the consumer queue is started before connect; set_callback is never used, since it takes two locks in the other
// order; a client object connects once, and automatic reconnect is off; Paho's own timeouts are longer than any run,
// and the waits of ConnectionState hold instead; a PUBACK is not waited for.
#include "adapters/mqtt/paho_transport.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/mqtt/mqtt_connection.hpp"
#include "adapters/mqtt/paho_socket.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The time for sending DISCONNECT and ending the connection.
constexpr Milliseconds kDisconnectPatience{500};
/// How long Paho may take to send a packet before its send thread is woken; usually it takes microseconds.
constexpr Milliseconds kPatienceForSending{3};
constexpr int kWakingsMax = 5;
/// More than any session needs; Paho keeps the messages that it cannot publish.
constexpr int kKeptMessagesMax = 1'000;
/// How long Paho may take to read a packet that the guard has approved; usually it takes microseconds.
constexpr Milliseconds kLibraryLag{5'000};
/// The longest wait for Paho after the deadline of the run.
constexpr Milliseconds kLastMoment{100};
constexpr std::chrono::hours kNever{24};
/// PAHO_MEMORY_ERROR, which no header declares.
constexpr int kPahoOutOfMemory = -99;

int version_number(MqttVersion version) {
  return version == MqttVersion::k5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

/// The error of the exception that is being handled.
Error library_error() {
  try {
    throw;
  } catch (const mqtt::exception& exception) {
    if (exception.get_return_code() == kPahoOutOfMemory) return out_of_memory();
  } catch (...) {
  }
  return error_of_exception("the MQTT library failed");
}

/// kNoAnswer, so that the run retries with a new client on a new connection.
tl::unexpected<Error> library_lags(const std::string& what) {
  return fail(ErrorKind::kNoAnswer, "the MQTT library is stuck: " + what, "rerun the same command to resume");
}

mqtt::connect_options connect_options(const ConnectRequest& request) {
  mqtt::connect_options options;
  options.set_mqtt_version(version_number(request.mqtt_version));
  if (request.mqtt_version == MqttVersion::k5) {
    options.set_clean_start(true);
  } else {
    options.set_clean_session(true);
  }
  options.set_automatic_reconnect(false);
  options.set_connect_timeout(std::chrono::duration_cast<std::chrono::seconds>(kNever));
  // Longer than any wait of a session and within the service's limits (30 to 1200 s), so Paho sends no PINGREQ.
  const auto twice = std::chrono::duration_cast<std::chrono::seconds>(2 * request.request_timeout);
  options.set_keep_alive_interval(std::clamp(twice, std::chrono::seconds{60}, std::chrono::seconds{1200}));
  return options;
}

/// Wakes Paho's send thread. The thread checks its queue of commands and then waits for up to a second without checking
/// again under the lock it waits with, so it misses a command that is queued in between (in about one run of 200). All
/// clients of a process share queue and thread, and a command of any client wakes the thread. The client here is never
/// connected but may publish: the thread wakes, skips its message and sends the packet that was missed.
class SendThreadWaker {
 public:
  void wake() {
    try {
      if (!client_) client_ = std::make_unique<mqtt::async_client>("tcp://127.0.0.1:0", "waker", keeping_messages());
      client_->publish("waker", "", 0, 0, false);
    } catch (const std::exception&) {
      // If this fails, Paho sends the packet with a delay of at most a second.
    }
  }
  [[nodiscard]] std::unique_ptr<mqtt::async_client> take() { return std::move(client_); }

 private:
  static mqtt::create_options keeping_messages() {
    mqtt::create_options options(MQTTVERSION_3_1_1, kKeptMessagesMax);
    options.set_send_while_disconnected(true, true);
    return options;
  }

  std::unique_ptr<mqtt::async_client> client_;
};

class PahoSession final : public Session {
 public:
  PahoSession(const ConnectionOptions& options, const TlsCredentials& credentials, const Interrupt& interrupt,
              Observer& observer, const ConnectRequest& request)
      : run_deadline_(request.run_deadline),
        last_number_(occupy_number_of_last_socket()),
        connection_(options, credentials, interrupt, observer, request) {
    if (connection_.port() == 0) return;
    try {
      client_ = std::make_unique<mqtt::async_client>("tcp://127.0.0.1:" + std::to_string(connection_.port()),
                                                     request.client_id,
                                                     mqtt::create_options(version_number(request.mqtt_version)));
      client_->start_consuming();
      connecting_ = client_->connect(connect_options(request));
    } catch (...) {
      start_error_ = library_error();
    }
  }
  ~PahoSession() override { close(); }

  Result<ConnectionFacts> established() override {
    if (start_error_) return fail(*start_error_);
    FP_TRY_ASSIGN(ConnectionFacts facts, connection_.state().await_connack());
    return guarded([&]() -> Result<ConnectionFacts> {
      if (!connecting_->wait_for(patience(kLibraryLag))) return library_lags("it does not read the CONNACK");
      return facts;
    });
  }

  Result<void> subscribe(const std::vector<std::string>& filters) override {
    FP_TRY(connection_.state().check());
    connection_.state().begin_subscribe(filters);
    FP_TRY(guarded([&]() -> Result<void> {
      const mqtt::iasync_client::qos_collection at_least_once(filters.size(), 1);
      client_->subscribe(mqtt::string_collection::create(filters), at_least_once);
      return {};
    }));
    ensure_sent();
    return connection_.state().await_suback();
  }

  Result<void> publish(const std::string& topic, std::string_view payload) override {
    FP_TRY(connection_.state().check());
    connection_.state().begin_publish(topic);
    FP_TRY(guarded([&]() -> Result<void> {
      client_->publish(topic, payload.data(), payload.size(), 1, false);
      return {};
    }));
    ensure_sent();
    return {};
  }

  std::optional<bool> acknowledged() override { return connection_.state().acknowledged(); }

  Result<Message> receive(Instant deadline) override {
    FP_TRY_ASSIGN(auto message, connection_.state().await_message(deadline));
    if (!message) return fail(ErrorKind::kNoAnswer, "no response came in time");
    return std::move(*message);
  }

  void close() override {
    if (!client_) return connection_.close(Milliseconds{0});
    if (connection_.state().is_open()) {
      [[maybe_unused]] const auto disconnected = guarded([&]() -> Result<void> {
        client_->disconnect(0);
        return {};
      });
      ensure_sent();
      connection_.close(patience(kDisconnectPatience));
    } else {
      connection_.close(Milliseconds{0});
    }
    connecting_.reset();
    // Frees the queued messages that were not read, since the client is not destroyed.
    for (mqtt::const_message_ptr message; client_->try_consume_message(&message);) message.reset();
#ifdef FLEET_PROVISION_SANITIZED
    client_.reset();
    send_waker_.take().reset();
#else
    // Not destroyed on purpose: Paho's destructor waits 100 to 200 ms, sometimes a second, for its threads. The client
    // holds nothing of ours any more, and a run makes only a few.
    [[maybe_unused]] const mqtt::async_client* not_destroyed[] = {client_.release(), send_waker_.take().release()};
#endif
  }

 private:
  /// Returns once Paho has sent the last requested packet; wakes its send thread if necessary.
  void ensure_sent() {
    ++packets_requested_;
    for (int i = 0; i < kWakingsMax && !connection_.state().await_sent(packets_requested_, kPatienceForSending); ++i)
      send_waker_.wake();
  }

  /// `usual`, but no longer than the run has left, and at least kLastMoment.
  [[nodiscard]] Milliseconds patience(Milliseconds usual) const {
    return std::min(usual, std::max(kLastMoment, left_until(run_deadline_, std::chrono::steady_clock::now())));
  }

  /// Catches Paho's exceptions. If the connection has failed, its error is the cause.
  template <class Step>
  auto guarded(Step step) -> decltype(step()) {
    try {
      return step();
    } catch (...) {
      FP_TRY(connection_.state().check());
      return fail(library_error());
    }
  }

  Instant run_deadline_;
  /// Occupied before Paho creates its socket, until the session is destroyed.
  Descriptor last_number_;
  MqttConnection connection_;
  std::unique_ptr<mqtt::async_client> client_;
  mqtt::token_ptr connecting_;
  SendThreadWaker send_waker_;
  /// The number of packets that this session has requested from Paho after its CONNECT.
  std::size_t packets_requested_ = 0;
  /// The error if Paho did not start to connect.
  std::optional<Error> start_error_;
};

/// The session of a transport without credentials; each call fails.
class NoSession : public Session {
 public:
  Result<ConnectionFacts> established() override { return none(); }
  Result<void> subscribe(const std::vector<std::string>& /*filters*/) override { return none(); }
  Result<void> publish(const std::string& /*topic*/, std::string_view /*payload*/) override { return none(); }
  Result<Message> receive(Instant /*deadline*/) override { return none(); }
  void close() override {}

 private:
  static tl::unexpected<Error> none() {
    return fail(ErrorKind::kInternal, "connect was called before the credentials were loaded");
  }
};

}  // namespace

PahoTransport::PahoTransport(ConnectionOptions options, const Interrupt& interrupt, Observer& observer,
                             std::shared_ptr<KeyDevices> devices)
    : options_(std::move(options)),
      roots_(options_.ca_file),
      interrupt_(interrupt),
      observer_(observer),
      devices_(std::move(devices)) {}

PahoTransport::~PahoTransport() = default;

Result<CertificateFacts> PahoTransport::load_credentials() {
  auto loaded = TlsCredentials::load(options_, roots_, *devices_);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kLoad));
  credentials_.emplace(std::move(*loaded));
  return credentials_->facts();
}

Result<CertificateFacts> PahoTransport::use_credentials(const PemCredentials& pem) {
  auto loaded = TlsCredentials::from_pem(pem, roots_, *devices_);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kLoad));
  credentials_.emplace(std::move(*loaded));
  return credentials_->facts();
}

Result<ClaimProof> PahoTransport::prove_claim() {
  return prove_claim_files(options_);
}

Result<void> PahoTransport::load_roots() {
  auto loaded = TlsCredentials::roots_alone(roots_);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kLoad));
  if (!credentials_) credentials_.emplace(std::move(*loaded));
  return {};
}

Result<void> PahoTransport::use_identity(const IssuedCredentials& issued) {
  if (issued.key.pem.empty() && !is_in_hardware(issued.key.location)) {
    return fail(ErrorKind::kDeviceKeyUnusable, "this program does not have the identity's key",
                "give the key of the identity with --key");
  }
  const PemCredentials pem{.principal = Principal::kIdentity,
                           .certificate_name = {},
                           .certificate_pem = issued.certificate,
                           .key_name = {},
                           .key_pem = issued.key.pem.duplicate(),
                           .key_location = issued.key.location,
                           .passphrase = std::nullopt};
  FP_TRY_ASSIGN(TlsCredentials loaded, TlsCredentials::from_pem(pem, roots_, *devices_));
  credentials_.emplace(std::move(loaded));
  return {};
}

void PahoTransport::forget_credentials() {
  credentials_.reset();
  devices_->forget();
}

std::unique_ptr<Session> PahoTransport::connect(const ConnectRequest& request) {
  if (!credentials_) return std::make_unique<NoSession>();
  return std::make_unique<PahoSession>(options_, *credentials_, interrupt_, observer_, request);
}

}  // namespace fleet_provision
