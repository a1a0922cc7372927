// Servers that fail the verification: the error names the cause, and the client certificate is not sent. Claims that
// the server rejects: the alert determines the error.
#include "adapters/network/tls_connection.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/network/tcp.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

IssuedCertificate server_with(const std::string& name, long valid_from, long valid_to) {
  CertificateWish wish;
  wish.common_name = "odd server";
  wish.names = {name};
  wish.valid_from = valid_from;
  wish.valid_to = valid_to;
  return pki().issue(wish);
}

/// The first error of a whole exchange with a broker.
Error failure(TransportFixture& fixture) {
  const auto session = fixture.connect();
  const auto answer = exchange(*session);
  session->close();
  REQUIRE_FALSE(answer);
  return answer.error();
}

/// A Certificate message that the server receives (RFC 8446 section 4: handshake type 11).
void note_client_certificate(int is_sent, int /*version*/, int type, const void* bytes, size_t size, SSL* /*ssl*/,
                             void* is_shown) {
  if (is_sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
  // Certificate, and CompressedCertificate of RFC 8879, which OpenSSL 3.5 sends.
  const unsigned char message = *static_cast<const unsigned char*>(bytes);
  if (message == 11 || message == 25) *static_cast<std::atomic<bool>*>(is_shown) = true;
}

void swallow(BrokerConnection& connection) {
  if (connection.shake_hands()) connection.packet();
}

}  // namespace

TEST_CASE("a server that cannot be trusted is reported with its cause") {
  struct Row {
    std::string name;
    IssuedCertificate server;
    ErrorKind kind;
    std::string said;
  };
  const std::vector<Row> rows{
      {"unknown issuer", TestPki("other root").server(), kTlsUntrustedServer, "issuer CN=other root"},
      {"other name", server_with("DNS:example.com", -10, 3600), kTlsNameMismatch, "but for example.com"},
      {"expired", server_with("DNS:localhost", -7200, -3600), kTlsServerExpired, "the local time is"},
      {"not yet valid", server_with("DNS:localhost", 3600, 7200), kTlsServerNotYetValid, "the local time is"},
  };
  for (const Row& row : rows) {
    for (const int tls : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO(row.name);
      BrokerOptions options = broker_options();
      options.server = row.server;
      options.tls_version = tls;
      std::atomic<bool> connected = false;
      ScriptedBroker broker(options, [&](BrokerConnection& connection) { connected = connection.shake_hands(); });
      TransportFixture fixture(broker.port());
      const Error error = failure(fixture);
      CHECK(error.kind == row.kind);
      CHECK(error.phase == Phase::kTls);
      INFO(error.message);
      CHECK(error.message.find(row.said) != std::string::npos);
      CHECK(error.message.find("localhost (127.0.0.1), port " + std::to_string(broker.port())) != std::string::npos);
      CHECK_FALSE(connected);
    }
  }
}

TEST_CASE("a server that is not verified does not see the claim certificate") {
  struct Row {
    std::string name;
    IssuedCertificate server;
    bool is_shown;
  };
  const std::vector<Row> rows{
      {"trusted", pki().server(), true},
      {"unknown issuer", TestPki("other root").server(), false},
      {"other name", server_with("DNS:example.com", -10, 3600), false},
      {"expired", server_with("DNS:localhost", -7200, -3600), false},
  };
  for (const Row& row : rows) {
    for (const int tls : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO(row.name);
      BrokerOptions options = broker_options();
      options.server = row.server;
      options.tls_version = tls;
      options.client_root = pki().root();
      std::atomic<bool> is_shown = false;
      {
        ScriptedBroker broker(options, [&](BrokerConnection& connection) {
          SSL_CTX_set_msg_callback(connection.context(), note_client_certificate);
          SSL_CTX_set_msg_callback_arg(connection.context(), &is_shown);
          swallow(connection);
        });
        TransportFixture fixture(broker.port());
        failure(fixture);
      }
      CHECK(is_shown == row.is_shown);
    }
  }
}

TEST_CASE("a server that refuses the identity's certificate is not reported as refusing the claim") {
  const int tls = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  BrokerOptions options = broker_options();
  options.client_root = TestPki("other root").root();
  options.tls_version = tls;
  ScriptedBroker broker(options, swallow);
  TransportFixture fixture(broker.port());
  PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
  const IssuedCertificate issued = pki().claim();
  DeviceKey key;
  key.pem = Secret(issued.key);
  REQUIRE(transport.use_identity({issued.certificate, key}));
  const auto session = transport.connect(fixture.request);
  const auto answer = exchange(*session);
  session->close();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == kClaimRefused);
  CHECK(answer.error().message.find("refused the identity's certificate: unknown CA (alert 48)") != std::string::npos);
  CHECK(answer.error().hint.find("check that the identity's certificate is ACTIVE") != std::string::npos);
}

TEST_CASE("the name of an address is checked, and not sent") {
  BrokerOptions options = broker_options();
  std::string server_name = "unset";
  ScriptedBroker broker(options, [&](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    server_name = connection.server_name();
    connection.send(connack(is_v5(connection.packet())));
    connection.wait_for_close();
  });
  {
    TransportFixture fixture(broker.port());
    fixture.options.endpoint.host = "127.0.0.1";
    const auto session = fixture.connect();
    CHECK(session->established());
    session->close();
    CHECK(server_name.empty());
  }
  {
    TransportFixture fixture(broker.port());
    fixture.options.server_name = "127.0.0.9";
    CHECK(failure(fixture).kind == kTlsNameMismatch);
  }
  {
    TransportFixture fixture(broker.port());
    fixture.options.endpoint.host = "127.0.0.1";
    fixture.options.server_name = "localhost";
    const auto session = fixture.connect();
    CHECK(session->established());
    session->close();
    CHECK(server_name == "localhost");
  }
}

TEST_CASE("what is not TLS is said in its own words") {
  ScriptedBroker broker(broker_options(), [](BrokerConnection& connection) {
    connection.read_plain();
    connection.send_plain("HTTP/1.1 400 Bad \x1b[31mRequest\r\nServer: portal\r\n\r\n");
  });
  TransportFixture fixture(broker.port());
  const Error error = failure(fixture);
  CHECK(error.kind == kNotATlsServer);
  CHECK(error.message.find("HTTP/1.1 400 Bad \\x1b[31mRequest") != std::string::npos);
}

TEST_CASE("at most 80 bytes of what is not TLS are shown") {
  for (const std::size_t size : {80U, 81U}) {
    ScriptedBroker broker(broker_options(), [size](BrokerConnection& connection) {
      connection.read_plain();
      connection.send_plain(std::string(size, 'x') + "\n");
    });
    TransportFixture fixture(broker.port());
    CHECK(failure(fixture).message.ends_with(std::string(80, 'x') + (size > 80 ? "…" : "")));
  }
}

TEST_CASE("a TLS record is known by its first two bytes") {
  struct Row {
    std::string bytes;
    bool is_tls;
  };
  for (const Row& row : std::vector<Row>{{"\x16", true},
                                         {"\x15", true},
                                         {"\x16\x03", true},
                                         {"\x15\x03\x03", true},
                                         {"\x14", false},
                                         {"\x17\x03", false},
                                         {"\x16\x02", false},
                                         {"\x16\x04", false},
                                         {"\x16X", false},
                                         {"\x15X", false},
                                         {"220 mail", false}}) {
    ScriptedBroker broker(broker_options(), [&](BrokerConnection& connection) {
      connection.read_plain();
      connection.send_plain(row.bytes);
    });
    TransportFixture fixture(broker.port());
    const Error error = failure(fixture);
    INFO(error.message);
    CHECK((error.kind == kNotATlsServer) != row.is_tls);
  }
}

TEST_CASE("a close after the first bytes of TLS is one in the middle of the handshake") {
  ScriptedBroker broker(broker_options(), [](BrokerConnection& connection) {
    connection.read_plain();
    connection.send_plain("\x16\x03");
  });
  TransportFixture fixture(broker.port());
  const Error error = failure(fixture);
  CHECK(error.kind == kConnectionLost);
  CHECK(error.message.ends_with(" in the middle"));
}

TEST_CASE("a close in the middle of the handshake is a lost connection") {
  const bool reset = GENERATE(false, true);
  ScriptedBroker broker(broker_options(), [reset](BrokerConnection& connection) {
    connection.read_plain();
    connection.cut(reset);
  });
  TransportFixture fixture(broker.port());
  const Error error = failure(fixture);
  CHECK(error.kind == kConnectionLost);
  CHECK(error.phase == Phase::kTls);
  // The server has not requested the claim certificate, so closing the connection does not indicate a rejected claim,
  // even if it happens repeatedly.
  CHECK_FALSE(error.closed_after);
}

TEST_CASE("versions and protocols that do not meet") {
  {
    BrokerOptions options = broker_options();
    options.tls_version = TLS1_1_VERSION;
    ScriptedBroker broker(options, swallow);
    TransportFixture fixture(broker.port());
    const Error error = failure(fixture);
    INFO(error.message);
    CHECK(error.kind == kTlsVersion);
  }
  {
    BrokerOptions options = broker_options();
    options.alpn = "x-amzn-mqtt-ca";
    ScriptedBroker broker(options, serve);
    TransportFixture refused(broker.port());
    refused.options.alpn = "h2";
    CHECK(failure(refused).kind == kTlsAlpn);
    TransportFixture taken(broker.port());
    taken.options.alpn = "x-amzn-mqtt-ca";
    const auto session = taken.connect();
    CHECK(session->established());
    CHECK(taken.observer.details().find("ALPN x-amzn-mqtt-ca") != std::string::npos);
    session->close();
  }
}

TEST_CASE("a refused claim is named by the alert, every time, in both TLS versions") {
  const int tls = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  static const TestPki other("other claims");
  BrokerOptions options = broker_options();
  options.tls_version = tls;
  options.client_root = other.root();
  ScriptedBroker broker(options, swallow);
  for (int run = 0; run < 60; ++run) {
    TransportFixture fixture(broker.port());
    const Error error = failure(fixture);
    INFO(run << ": " << error.message);
    REQUIRE(error.kind == kClaimRefused);
    CHECK(error.phase == Phase::kTls);
    CHECK(error.message.find("unknown CA") != std::string::npos);
    CHECK(error.hint.find("ACTIVE") != std::string::npos);
  }
}

TEST_CASE("the way to the server: each dead end by its cause") {
  TransportFixture nobody(1);
  CHECK(failure(nobody).kind == kConnectionRefused);

  TransportFixture unknown(8883);
  unknown.options.endpoint.host = "no-such-host.invalid";
  unknown.request.request_timeout = Milliseconds{3'000};
  const Error error = failure(unknown);
  CHECK(error.kind == kDns);
  CHECK(error.phase == Phase::kResolve);
}
