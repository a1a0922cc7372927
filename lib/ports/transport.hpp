// Connections to the service: one with mutual TLS and MQTT at a time.
//
// `connect` returns at once, so that the caller can make its key in the meantime; `established` waits for the CONNACK.
// Each wait takes at most the request timeout and never outlasts the deadline of the run. Every failure is an Error
// whose kind and phase say which step failed; a Session that has failed is only good for `close`.
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

/// What was negotiated.
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

  /// Waits for name, TCP, TLS and CONNACK.
  [[nodiscard]] virtual Result<ConnectionFacts> established() = 0;
  /// One SUBSCRIBE at QoS 1; succeeds only when every filter was granted.
  [[nodiscard]] virtual Result<void> subscribe(const std::vector<std::string>& filters) = 0;
  /// Hands over one PUBLISH at QoS 1. Its PUBACK is not waited for; a refusing one ends the next `receive`.
  [[nodiscard]] virtual Result<void> publish(const std::string& topic, std::string_view payload) = 0;
  /// Whether the last `publish` has had a PUBACK that grants it; nothing where a transport cannot tell.
  [[nodiscard]] virtual std::optional<bool> acknowledged() { return std::nullopt; }
  /// The next message on any topic; kNoAnswer at `deadline`.
  [[nodiscard]] virtual Result<Message> receive(Instant deadline) = 0;
  /// DISCONNECT and close; waits until it has left, at most a moment.
  virtual void close() = 0;
};

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Reads and proves certificate and key of the connecting side (the claim): they parse, fit, and are in date.
  /// Called once, before `connect`; nothing is sent.
  [[nodiscard]] virtual Result<CertificateFacts> load_credentials() = 0;
  /// Reads the claim's files once more and gives what they hold, expired or not; those that do not exist are left out.
  /// Does not change what `connect` uses.
  [[nodiscard]] virtual Result<ClaimProof> prove_claim() {
    return fail(ErrorKind::kClaimNotRemoved, "this transport does not tell the claim's files");
  }
  /// Reads the roots to trust and no more. Until credentials are loaded `connect` then goes without a certificate of
  /// ours, which is far enough to see whether the server's own is good.
  [[nodiscard]] virtual Result<void> load_roots() { return {}; }
  /// From now on `connect` uses this certificate and key instead of the claim's; no claim has to be loaded.
  [[nodiscard]] virtual Result<void> use_identity(const IssuedCredentials& issued) = 0;
  /// Begins one connection. Only one Session lives at a time.
  [[nodiscard]] virtual std::unique_ptr<Session> connect(const ConnectRequest& request) = 0;
  /// Wipes the keys that were loaded; called when no Session lives and none will, before a program of the user runs.
  virtual void forget_credentials() {}
};

}  // namespace fleet_provision
