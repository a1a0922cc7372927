// The whole service at byte level: it provisions like the real one, except where a test tells it what to say instead.
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

/// What the client has just done: come over TCP, or sent a packet.
enum class Step : unsigned char { kTcp, kConnect, kSubscribe, kCreate, kRegister };

/// One packet of the client, and what it is answered with.
struct Turn {
  BrokerConnection& connection;
  Step step = Step::kTcp;
  bool v5 = true;
  bool cbor = false;
  std::string packet;
  /// Of a request.
  std::string topic;
  /// What a healthy service says to a request. The certificate behind it counts as made once it is looked at.
  std::function<nlohmann::json()> answer;

  [[nodiscard]] std::string encoded(const nlohmann::json& document) const;
  /// CONNACK, SUBACK or PUBACK.
  [[nodiscard]] std::string acknowledgement() const;
  [[nodiscard]] std::string accepted(const std::string& payload) const;
  [[nodiscard]] std::string rejected(const std::string& payload) const;
  /// Acknowledgement and answer of a healthy service.
  void go_well() const;
  /// Acknowledgement and this payload on the accepted topic.
  void accept(const std::string& payload) const;
  void reject(const std::string& payload) const;
};

enum class Then : unsigned char { kGoOn, kEnd };
using Act = std::function<Then(Turn&)>;

/// At `step`, the first `times` times (0: always), the service acts so.
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
  /// From now on it is healthy.
  void mend() { mended_ = true; }

  /// One for all services of a test program, and what every client is given.
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
  std::atomic<bool> mended_{false};
  // Last: its thread ends before the rest.
  ScriptedBroker broker_;
};

/// The files that every run is given.
class ClaimInputs {
 public:
  /// One for all runs of a test program.
  static const ClaimInputs& get();

  std::string ca;
  std::string certificate;
  std::string key;

 private:
  ClaimInputs();

  TemporaryDirectory files_;
};

/// A part of every ownership token: it must show up nowhere.
inline constexpr const char* kTokenMark = "TOKEN-OF-THE-BYTE-SERVICE";

}  // namespace fleet_provision::test
