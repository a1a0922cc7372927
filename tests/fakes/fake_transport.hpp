// A connection to a fake service in memory. The service keeps certificates, tokens and things across connections and
// power cuts, and a test can make each request or connection fail.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aws/messages.hpp"
#include "ports/transport.hpp"
#include "tests/fakes/fake_clock.hpp"

namespace fleet_provision::fakes {

/// The reaction of the service to one request instead of the normal response.
struct Reaction {
  enum class Kind : unsigned char {
    kAnswer,
    kNothing,             ///< no answer at all
    kPubackRefused,       ///< a PUBACK that refuses
    kClose,               ///< the connection is lost `closed_after` after the request
    kCloseAfterWork,      ///< the same, after the work was done
    kReject,              ///< the error document `words`
    kRejectThenAnswer,    ///< `words` first, then the good answer
    kTwice,               ///< the same answer two times
    kForeignAnswerFirst,  ///< an answer to another client, then ours
    kRaw,                 ///< `raw` on the accepted topic
    kOtherKey,            ///< a certificate for another key
    kExpired,             ///< an expired certificate
    kNotYetValid,
    kOtherId,  ///< 64 hex digits that are not the fingerprint
    kBadThingName,
    kNoThingName,
  };
  Kind kind = Kind::kAnswer;
  ServiceError words = {};
  std::chrono::milliseconds closed_after{100};
  std::string raw = {};
};

class FakeService {
 public:
  struct Certificate {
    std::string pem;
    /// The fingerprint of the key; with CreateKeysAndCertificate `private_key` also holds its PEM.
    std::string public_key_sha256;
    std::string private_key;
    std::string token;
    bool token_used = false;
    bool token_refused = false;
    bool registered = false;
    bool register_received = false;
  };

  /// The nth request of an operation, from 1.
  std::function<Reaction(Operation, unsigned nth)> react;
  /// The number of tokens that are rejected before one is accepted.
  unsigned tokens_to_refuse = 0;
  /// Whether a token may be used again (undocumented by AWS; the simulator rejects it by default).
  bool takes_token_again = false;

  std::vector<Certificate> certificates;
  std::vector<Parameters> registered_parameters;
  std::set<std::string> csr_keys;
  std::map<Operation, unsigned> requests;

  /// The messages to deliver; sets `closes` if the connection ends after them, and `puback_refused` if the PUBACK
  /// reports an error.
  [[nodiscard]] std::deque<Message> answer(const std::string& topic, std::string_view payload,
                                           std::optional<std::chrono::milliseconds>& closes, bool& puback_refused);

 private:
  [[nodiscard]] std::string create(Operation operation, const std::string& csr, const Reaction& reaction);
  [[nodiscard]] std::string register_thing(std::string_view payload, const Reaction& reaction, bool& accepted);
  unsigned refused_ = 0;
};

class FakeTransport final : public Transport {
 public:
  FakeTransport(FakeService& service, FakeClock& clock) : service_(service), clock_(clock) {}

  Result<CertificateFacts> load_credentials() override;
  Result<ClaimProof> prove_claim() override {
    if (proof_error) return fail(*proof_error);
    if (claim_proof) return *claim_proof;
    ClaimProof proof;
    proof.certificate.emplace();
    proof.certificate->fingerprint = proved_fingerprint.value_or(claim_fingerprint);
    proof.key_fits = true;
    for (const std::string& each : claim_files) proof.files.push_back({each, {}});
    return proof;
  }
  Result<void> load_roots() override { return roots_error ? Result<void>(fail(*roots_error)) : Result<void>(); }
  Result<void> use_identity(const IssuedCredentials& issued) override;
  std::unique_ptr<Session> connect(const ConnectRequest& request) override;

  /// The error of `established` on each connection; the default is success.
  std::function<std::optional<Error>(const ConnectRequest&)> on_established;
  /// The error of `subscribe` on connection n (from 1) for these filters; the default is success.
  std::function<std::optional<Error>(unsigned connection, const std::vector<std::string>& filters)> on_subscribe;
  /// Called before a request is sent and after it was processed; may throw.
  std::function<void()> around_publish;
  std::optional<Error> credentials_error;
  std::optional<Error> roots_error;
  /// The error of a wait without a message; the default is that its time passes.
  std::optional<Error> silence_error;
  /// The result of `acknowledged` of the sessions.
  std::optional<bool> acknowledges = true;
  std::string claim_fingerprint = std::string(64, 'c');
  std::string claim_public_key = std::string(64, 'b');
  /// The certificate fingerprint in the claim's files, and the names of the files.
  std::optional<std::string> proved_fingerprint;
  /// What `prove_claim` returns instead.
  std::optional<ClaimProof> claim_proof;
  std::optional<Error> proof_error;
  std::vector<std::string> claim_files = {"claim.key", "claim.pem"};
  WallTime claim_not_before = *parse_rfc3339("2020-01-01T00:00:00Z");
  WallTime claim_not_after = *parse_rfc3339("2049-12-31T23:59:59Z");

  std::vector<ConnectRequest> connections;
  std::vector<Instant> connected_at;
  unsigned credentials_loaded = 0;
  unsigned closed = 0;
  /// The certificate that `connect` uses; empty for the claim's.
  std::string speaks_as;
  /// The number of connections with an issued identity.
  unsigned as_identity = 0;

 private:
  friend class FakeSession;
  FakeService& service_;
  FakeClock& clock_;
};

[[nodiscard]] Error network_error(ErrorKind kind, Phase phase,
                                  std::optional<std::chrono::milliseconds> closed_after = {});

/// For `on_established`: a broker that supports only MQTT 3.1.1.
[[nodiscard]] std::optional<Error> refuse_mqtt5(const ConnectRequest& request);

}  // namespace fleet_provision::fakes
