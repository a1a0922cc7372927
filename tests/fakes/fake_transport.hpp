// A connection to a service that answers by value: certificates, tokens and things are remembered across connections
// and power cuts, and each request or connection can be made to go wrong.
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

/// What the service does with one request instead of answering it well.
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
    /// The key's fingerprint; with CreateKeysAndCertificate also its PEM.
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
  /// This many tokens are refused before one is taken.
  unsigned tokens_to_refuse = 0;
  /// A token may be used again (undocumented by AWS; the simulator's default says no).
  bool takes_token_again = false;

  std::vector<Certificate> certificates;
  std::vector<Parameters> registered_parameters;
  std::set<std::string> csr_keys;
  std::map<Operation, unsigned> requests;

  /// Messages to deliver; sets `closes` when the connection ends after them, `puback_refused` when the broker refused
  /// it.
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

  /// What `established` says on connection n (from 1); default: connected.
  std::function<std::optional<Error>(const ConnectRequest&)> on_established;
  /// What `subscribe` says on connection n (from 1) to these filters; default: granted.
  std::function<std::optional<Error>(unsigned connection, const std::vector<std::string>& filters)> on_subscribe;
  /// Called when a request is about to leave, and when it has been worked on; may throw.
  std::function<void()> around_publish;
  std::optional<Error> credentials_error;
  std::optional<Error> roots_error;
  /// What the sessions say of the PUBACK.
  std::optional<bool> acknowledges = true;
  std::string claim_fingerprint = std::string(64, 'c');
  std::string claim_public_key = std::string(64, 'b');
  /// What the claim's files hold, and their names.
  std::optional<std::string> proved_fingerprint;
  std::vector<std::string> claim_files = {"claim.key", "claim.pem"};
  WallTime claim_not_before = *parse_rfc3339("2020-01-01T00:00:00Z");

  std::vector<ConnectRequest> connections;
  std::vector<Instant> connected_at;
  unsigned credentials_loaded = 0;
  unsigned closed = 0;
  /// The certificate `connect` speaks as; empty: the claim.
  std::string speaks_as;
  /// Connections that were made as an issued identity.
  unsigned as_identity = 0;

 private:
  friend class FakeSession;
  FakeService& service_;
  FakeClock& clock_;
};

[[nodiscard]] Error network_error(ErrorKind kind, Phase phase,
                                  std::optional<std::chrono::milliseconds> closed_after = {});

/// For `on_established`: a broker that speaks MQTT 3.1.1 only.
[[nodiscard]] std::optional<Error> refuse_mqtt5(const ConnectRequest& request);

}  // namespace fleet_provision::fakes
