// The whole service at byte level: it provisions like the real one, except at the step where a test sets another
// reaction.
#pragma once

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/fakes/scripted_broker.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

/// The client's last action: it connected over TCP or sent a packet.
enum class Step : unsigned char { kTcp, kConnect, kSubscribe, kCreate, kRegister };

/// One packet of the client, and the functions that respond to it.
struct Turn {
  BrokerConnection& connection;
  Step step = Step::kTcp;
  bool v5 = true;
  bool cbor = false;
  std::string packet;
  /// The topic of a request.
  std::string topic;
  /// The response of a healthy service to a request. Calling it creates the certificate, which then counts.
  std::function<nlohmann::json()> answer;

  [[nodiscard]] std::string encoded(const nlohmann::json& document) const;
  /// CONNACK, SUBACK or PUBACK.
  [[nodiscard]] std::string acknowledgement() const;
  [[nodiscard]] std::string accepted(const std::string& payload) const;
  [[nodiscard]] std::string rejected(const std::string& payload) const;
  /// Sends the acknowledgement and the response of a healthy service.
  void go_well() const;
  /// Sends the acknowledgement, and this payload on the accepted topic.
  void accept(const std::string& payload) const;
  void reject(const std::string& payload) const;
};

enum class Then : unsigned char { kGoOn, kEnd };
using Act = std::function<Then(Turn&)>;

/// The reaction of the service at `step`, for the first `times` times (0: always).
struct Deviation {
  Step step = Step::kTcp;
  unsigned times = 1;
  Act act = {};
};

class ByteService {
 public:
  explicit ByteService(Deviation deviation);

  [[nodiscard]] std::uint16_t port() const { return broker_.port(); }
  [[nodiscard]] unsigned certificates() const { return certificates_; }
  [[nodiscard]] unsigned registered() const { return registered_; }
  /// Ends the deviation: the service is healthy from now on.
  void recover() { recovered_ = true; }

  /// The PKI of all services of a test program, and the claim of every client.
  static const TestPki& pki();
  static const IssuedCertificate& claim();

 private:
  void serve(BrokerConnection& connection);
  [[nodiscard]] Then take(Turn& turn);
  [[nodiscard]] nlohmann::json created(const Turn& turn);
  [[nodiscard]] nlohmann::json enrolled(const Turn& turn);

  Deviation deviation_;
  unsigned met_ = 0;
  std::set<std::string> tokens_;
  std::atomic<unsigned> certificates_{0};
  std::atomic<unsigned> registered_{0};
  std::atomic<bool> recovered_{false};
  // The last member, so that its thread ends before the other members are destroyed.
  ScriptedBroker broker_;
};

/// The claim's files for every run.
class ClaimInputs {
 public:
  /// The instance for all runs of a test program.
  static const ClaimInputs& get();

  std::string ca;
  std::string certificate;
  std::string key;

 private:
  ClaimInputs();

  TemporaryDirectory files_;
};

/// A part of every ownership token; no output may contain it.
inline constexpr const char* kTokenMark = "TOKEN-OF-THE-BYTE-SERVICE";

}  // namespace fleet_provision::test
