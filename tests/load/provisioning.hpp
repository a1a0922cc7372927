// One whole provisioning without threads, waits or files: TCP, TLS 1.3 with the claim, CONNECT, four subscriptions,
// CreateCertificateFromCsr for a fresh key, RegisterThing, DISCONNECT.
//
// It is a machine that is stepped whenever its socket can be read or written, so that one thread drives hundreds. What
// the service sends is answered at once; nothing is sent before the answer that the service demands.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/load/mqtt_packets.hpp"
#include "tests/load/openssl_objects.hpp"

namespace fleet_provision::load {

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Where to provision, and as whom.
struct Target {
  std::string host;
  std::uint16_t port = 0;
  std::string ca_file;
  std::string claim_certificate;
  std::string claim_key;
  std::string template_name;
};

/// What all connections to a target share. Throws std::runtime_error when a file is not what it should be, or the host
/// has no address.
struct Access {
  explicit Access(const Target& target);
  TlsContext context;
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::string host;
  std::string template_name;
};

/// What a provisioning cost.
struct Sample {
  /// Empty when it went well.
  std::string failure;
  Duration total{};
  Duration handshake{};
  /// From the publish to its answer.
  Duration create{};
  Duration registration{};
};

class Provisioning {
 public:
  /// Begins to connect. `name` is the client id and the serial number.
  Provisioning(const Access& access, std::string name);
  Provisioning(const Provisioning&) = delete;
  Provisioning& operator=(const Provisioning&) = delete;
  ~Provisioning();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// What to wait for before the next step: to read always, to write when this says so.
  [[nodiscard]] bool wants_write() const { return wants_write_; }
  /// Goes as far as it can; whether it is at its end.
  bool step();
  /// Ends it from outside.
  void give_up(const std::string& why) { fail(why); }
  [[nodiscard]] Instant began() const { return began_; }
  [[nodiscard]] const Sample& sample() const { return sample_; }

 private:
  enum class Phase : unsigned char { kTcp, kTls, kConnack, kSuback, kCreate, kRegister, kDone };

  void open();
  void connected();
  void shake_hands();
  void read();
  void take(const Packet& packet);
  void take_message(const Message& message);
  void send(const std::string& packet);
  void flush();
  void finish();
  void fail(const std::string& why);
  /// Whether an operation of OpenSSL can go on later; else the provisioning has failed.
  bool may_go_on(int result, const char* doing);

  const Access& access_;
  std::string name_;
  std::string create_topic_;
  std::string register_topic_;
  int descriptor_ = -1;
  Tls tls_;
  Phase phase_ = Phase::kTcp;
  bool wants_write_ = true;
  std::string in_;
  std::string out_;
  Instant began_;
  Instant asked_;
  Sample sample_;
};

}  // namespace fleet_provision::load
