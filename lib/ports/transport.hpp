// Connections to the service with mutual TLS and MQTT, one at a time.
//
// `connect` returns at once, so that the caller can generate its key in the meantime; `established` waits for the
// CONNACK. Each wait takes at most the request timeout and never outlasts the deadline of the run. Every failure is an
// Error whose kind and phase say which step failed; after a failure the caller may only call `close`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/deadline.hpp"
#include "core/identity.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "ports/claim_file.hpp"

namespace fleet_provision {

struct ConnectRequest {
  std::string client_id;
  MqttVersion mqtt_version = MqttVersion::k5;
  /// Counted from 1; for the timeline.
  unsigned attempt = 1;
  Milliseconds request_timeout{15'000};
  Instant run_deadline;
};

/// The result of the negotiation.
struct ConnectionFacts {
  MqttVersion mqtt_version = MqttVersion::k5;
  /// `TLSv1.2` or `TLSv1.3`.
  std::string tls_version;
};

struct Message {
  std::string topic;
  Secret payload;
};

/// The certificate that the service issued, and the gateway's own key; `key` outlives the call it is given to.
struct IssuedCredentials {
  /// PEM.
  std::string certificate;
  const DeviceKey& key;
};

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Waits until the name is resolved, TCP and TLS are established and the CONNACK has arrived.
  [[nodiscard]] virtual Result<ConnectionFacts> established() = 0;
  /// One SUBSCRIBE at QoS 1; succeeds only when every filter was granted.
  [[nodiscard]] virtual Result<void> subscribe(const std::vector<std::string>& filters) = 0;
  /// Queues one PUBLISH at QoS 1 without waiting for its PUBACK; if the PUBACK reports an error, the next `receive`
  /// fails.
  [[nodiscard]] virtual Result<void> publish(const std::string& topic, std::string_view payload) = 0;
  /// Whether a PUBACK has confirmed the last `publish`; nothing if the transport does not know.
  [[nodiscard]] virtual std::optional<bool> acknowledged() { return std::nullopt; }
  /// The next message on any topic; kNoAnswer at `deadline`.
  [[nodiscard]] virtual Result<Message> receive(Instant deadline) = 0;
  /// Sends DISCONNECT and closes; waits a moment at most until the packet is sent.
  virtual void close() = 0;
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Reads and checks the claim's certificate and key: both parse, belong together, and are in date. Called once,
  /// before `connect`; nothing is sent.
  [[nodiscard]] virtual Result<CertificateFacts> load_credentials() = 0;
  /// Reads the claim's files once more and returns their content, expired or not; files that do not exist are left out.
  /// Does not change what `connect` uses.
  [[nodiscard]] virtual Result<ClaimProof> prove_claim() {
    return fail(ErrorKind::kClaimNotRemoved, "this transport cannot report the claim's files");
  }
  /// Reads only the root certificates. Until credentials are loaded, `connect` then sends no client certificate, which
  /// is enough to verify the certificate of the server.
  [[nodiscard]] virtual Result<void> load_roots() { return {}; }
  /// Makes `connect` use this certificate and key instead of the claim's; no claim has to be loaded.
  [[nodiscard]] virtual Result<void> use_identity(const IssuedCredentials& issued) = 0;
  /// Starts one connection. Only one Session may exist at a time.
  [[nodiscard]] virtual std::unique_ptr<Session> connect(const ConnectRequest& request) = 0;
  /// Wipes the loaded keys; called when no Session exists and none will follow, before a program of the user runs.
  virtual void forget_credentials() {}
};

}  // namespace fleet_provision
