// A small TLS server that a script controls, for behaviour that a real broker never shows.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/fakes/test_pki.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace fleet_provision::test {

struct BrokerOptions {
  /// The leaf may be followed by its chain.
  IssuedCertificate server;
  /// Clients must present a certificate of this root (PEM); empty accepts any or none.
  std::string client_root;
  /// Only TLS1_2_VERSION or only TLS1_3_VERSION; 0 allows both.
  int tls_version = 0;
  /// The only accepted ALPN protocol; empty accepts all.
  std::string alpn;
  /// Ciphers for TLS 1.2 in OpenSSL's format; empty for OpenSSL's default.
  std::string ciphers = {};
};

/// One client, served by a script that runs in the broker's thread.
class BrokerConnection {
 public:
  BrokerConnection(int socket, ssl_ctx_st* context) : socket_(socket), context_(context) {}
  BrokerConnection(const BrokerConnection&) = delete;
  BrokerConnection& operator=(const BrokerConnection&) = delete;
  ~BrokerConnection();

  /// Performs the TLS handshake; false if it failed or the client closed.
  bool shake_hands();
  /// Reads one MQTT packet; empty at the end of the connection.
  std::string packet();
  void send(std::string_view bytes);
  /// Reads without TLS.
  std::string read_plain();
  void send_plain(std::string_view bytes);
  /// Sends; false if the client has closed the connection.
  bool try_send(std::string_view bytes);
  bool try_send_plain(std::string_view bytes);
  /// For direct calls of OpenSSL; null before `shake_hands`.
  [[nodiscard]] ssl_st* ssl() const { return ssl_; }
  [[nodiscard]] ssl_ctx_st* context() const { return context_; }
  /// Reads and discards data until the client closes.
  void wait_for_close();
  /// Closes without close_notify; with `reset` by RST.
  void cut(bool reset = false);
  [[nodiscard]] std::string server_name() const;

 private:
  bool read_exactly(char* bytes, std::size_t size);

  int socket_;
  ssl_ctx_st* context_;
  ssl_st* ssl_ = nullptr;
};

class ScriptedBroker {
 public:
  using Script = std::function<void(BrokerConnection&)>;

  /// Listens on 127.0.0.1 and runs `script` for each client, one after the other.
  ScriptedBroker(const BrokerOptions& options, Script script);
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;
  ~ScriptedBroker();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void run();

  Script script_;
  std::string alpn_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  int client_ = -1;
  bool stopping_ = false;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// Packets of both versions (`v5`: with an empty property list).
[[nodiscard]] std::string connack(bool v5, int code = 0);
/// The packet id comes from the SUBSCRIBE that it answers.
[[nodiscard]] std::string suback(bool v5, const std::string& subscribe, const std::vector<int>& codes);
/// The same, with every filter granted.
[[nodiscard]] std::string granting_suback(bool v5, const std::string& subscribe);
[[nodiscard]] std::string puback(bool v5, const std::string& publish, int code = 0);
[[nodiscard]] std::string publish(bool v5, const std::string& topic, const std::string& payload, int id = 0);
[[nodiscard]] std::string disconnect(int code);
/// Topic of a PUBLISH.
[[nodiscard]] std::string topic_of(const std::string& publish);
/// Payload of a PUBLISH with less than 128 bytes of properties.
[[nodiscard]] std::string payload_of(bool v5, const std::string& publish);
[[nodiscard]] int type_of(const std::string& packet);
[[nodiscard]] bool is_v5(const std::string& connect);

/// Acts like the service: sends CONNACK, SUBACK, and for each PUBLISH a PUBACK and the response `{}` on TOPIC/accepted.
void serve(BrokerConnection& connection);

}  // namespace fleet_provision::test
