// What is asked of Paho is small: CONNECT, one SUBSCRIBE, PUBLISH, the messages, DISCONNECT. Verdicts come from the
// guard in the link (see mqtt/guard.hpp), never from Paho's codes and exceptions, which lose half of them.
//
// Its traps, and what is done about them here: the consumer queue is started before connect, and set_callback is never
// used (it takes two locks in the other order); a client object connects once; one SUBSCRIBE with all filters; nobody
// waits for a PUBACK; automatic reconnect stays off; its timeouts are put out of reach, ours hold.
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

constexpr Milliseconds kFarewell{500};
/// How long Paho may keep what it was told to send before its send thread is woken; it takes microseconds.
constexpr Milliseconds kPatienceForSending{3};
constexpr int kWakingsMax = 5;
/// Enough for any session; Paho keeps what it cannot publish.
constexpr int kRingsMax = 1'000;
/// How long Paho may take for what the guard has already seen; it takes microseconds.
constexpr Milliseconds kLibraryLag{5'000};
/// What a wait for the library may take when the run's time is over.
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

/// A new client on a new connection may do better.
tl::unexpected<Error> library_lags(const std::string& what) {
  return fail(ErrorKind::kNoAnswer, "the MQTT library is stuck: " + what, "it is tried again");
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
  // Longer than any wait of ours, within what the service takes (30 to 1200 s): no PINGREQ gets in between.
  const auto twice = std::chrono::duration_cast<std::chrono::seconds>(2 * request.request_timeout);
  options.set_keep_alive_interval(std::clamp(twice, std::chrono::seconds{60}, std::chrono::seconds{1200}));
  return options;
}

/// Wakes Paho's send thread. It looks at its queue of commands and then waits for up to a second, without looking again
/// under the lock it waits with: a command that comes in between is not noticed (about one run of 200). All clients of
/// a process share queue and thread, so a command of another client wakes it for all. This client is never connected
/// and may publish all the same: the thread wakes, finds that this one has to wait for a connection, and takes ours.
class SendBell {
 public:
  void wake() {
    try {
      if (!client_) client_ = std::make_unique<mqtt::async_client>("tcp://127.0.0.1:0", "bell", for_later());
      client_->publish("bell", "", 0, 0, false);
    } catch (const std::exception&) {
      // The command leaves late then, within a second.
    }
  }
  [[nodiscard]] std::unique_ptr<mqtt::async_client> take() { return std::move(client_); }

 private:
  static mqtt::create_options for_later() {
    mqtt::create_options options(MQTTVERSION_3_1_1, kRingsMax);
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
      trouble_ = library_error();
    }
  }
  ~PahoSession() override { close(); }

  Result<ConnectionFacts> established() override {
    if (trouble_) return fail(*trouble_);
    FP_TRY_ASSIGN(ConnectionFacts facts, connection_.await_connack());
    return guarded([&]() -> Result<ConnectionFacts> {
      if (!connecting_->wait_for(patience(kLibraryLag))) return library_lags("it does not see the CONNACK");
      return facts;
    });
  }

  Result<void> subscribe(const std::vector<std::string>& filters) override {
    FP_TRY(connection_.check());
    connection_.about_to_subscribe(filters);
    FP_TRY(guarded([&]() -> Result<void> {
      const mqtt::iasync_client::qos_collection at_least_once(filters.size(), 1);
      client_->subscribe(mqtt::string_collection::create(filters), at_least_once);
      return {};
    }));
    ensure_sent();
    return connection_.await_suback();
  }

  Result<void> publish(const std::string& topic, std::string_view payload) override {
    FP_TRY(connection_.check());
    connection_.about_to_publish(topic);
    FP_TRY(guarded([&]() -> Result<void> {
      client_->publish(topic, payload.data(), payload.size(), 1, false);
      return {};
    }));
    ensure_sent();
    return {};
  }

  std::optional<bool> acknowledged() override { return connection_.acknowledged(); }

  Result<Message> receive(Instant deadline) override {
    FP_TRY_ASSIGN(auto message, connection_.await_message(deadline));
    if (!message) return fail(ErrorKind::kNoAnswer, "no response came in time");
    return std::move(*message);
  }

  void close() override {
    if (!client_) return connection_.close(Milliseconds{0});
    if (connection_.carries()) {
      [[maybe_unused]] const auto said = guarded([&]() -> Result<void> {
        client_->disconnect(0);
        return {};
      });
      ensure_sent();
      connection_.close(patience(kFarewell));
    } else {
      connection_.close(Milliseconds{0});
    }
    connecting_.reset();
    // What was handed over and never taken is not left behind with the client.
    for (mqtt::const_message_ptr message; client_->try_consume_message(&message);) message.reset();
#ifdef FLEET_PROVISION_SANITIZED
    client_.reset();
    bell_.take().reset();
#else
    // Left behind on purpose: Paho's destructor waits 100 to 200 ms, now and then a second, for threads that nap, and
    // nothing of ours is in it any more. There are a few of these in a run at most, and it ends soon.
    [[maybe_unused]] const mqtt::async_client* left_behind[] = {client_.release(), bell_.take().release()};
#endif
  }

 private:
  /// Makes sure that Paho has sent the packet that it was just told to send.
  void ensure_sent() {
    ++told_;
    for (int i = 0; i < kWakingsMax && !connection_.have_left(told_, kPatienceForSending); ++i) bell_.wake();
  }

  /// `usual`, but at the end of the run only a moment.
  [[nodiscard]] Milliseconds patience(Milliseconds usual) const {
    return std::min(usual, std::max(kLastMoment, left_until(run_deadline_, std::chrono::steady_clock::now())));
  }

  /// Paho's exceptions end here. When the link knows what went wrong, that is the error.
  template <class Step>
  auto guarded(Step step) -> decltype(step()) {
    try {
      return step();
    } catch (...) {
      FP_TRY(connection_.check());
      return fail(library_error());
    }
  }

  Instant run_deadline_;
  /// Occupied before the library makes its socket, until the session is gone.
  Descriptor last_number_;
  MqttConnection connection_;
  std::unique_ptr<mqtt::async_client> client_;
  mqtt::token_ptr connecting_;
  SendBell bell_;
  /// Packets that Paho was told to send after its CONNECT.
  std::size_t told_ = 0;
  std::optional<Error> trouble_;
};

/// What `connect` gives when nothing was loaded.
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

PahoTransport::PahoTransport(ConnectionOptions options, const Interrupt& interrupt, Observer& observer)
    : options_(std::move(options)), roots_(options_.ca_file), interrupt_(interrupt), observer_(observer) {}

PahoTransport::~PahoTransport() = default;

Result<CertificateFacts> PahoTransport::load_credentials() {
  auto loaded = TlsCredentials::load(options_, roots_);
  if (!loaded) return fail(std::move(loaded).error().in(Phase::kLoad));
  credentials_.emplace(std::move(*loaded));
  return credentials_->facts();
}

Result<CertificateFacts> PahoTransport::use_credentials(const PemCredentials& pem) {
  auto loaded = TlsCredentials::from_pem(pem, roots_);
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
  if (issued.key.pem.empty()) {
    return fail(ErrorKind::kDeviceKeyUnusable, "device key " + printable(text_of(issued.key.location)) +
                                                   ": keys outside of files are not supported yet");
  }
  const PemCredentials pem{.principal = Principal::kIdentity,
                           .certificate_name = {},
                           .certificate_pem = issued.certificate,
                           .key_name = {},
                           .key_pem = issued.key.pem.duplicate(),
                           .passphrase = std::nullopt};
  FP_TRY_ASSIGN(TlsCredentials loaded, TlsCredentials::from_pem(pem, roots_));
  credentials_.emplace(std::move(loaded));
  return {};
}

std::unique_ptr<Session> PahoTransport::connect(const ConnectRequest& request) {
  if (!credentials_) return std::make_unique<NoSession>();
  return std::make_unique<PahoSession>(options_, *credentials_, interrupt_, observer_, request);
}

}  // namespace fleet_provision
