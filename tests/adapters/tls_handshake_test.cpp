// What a server does in the handshake, byte by byte, and how it is reported.
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/adapters/tls_session.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

constexpr std::chrono::minutes kMinute{1};

/// Reads the ClientHello and answers with these bytes; then it closes, or waits for the client to close.
ScriptedBroker::Script plain(const std::string& bytes, bool closes = true) {
  return [bytes, closes](BrokerConnection& connection) {
    connection.read_plain();
    connection.send_plain(bytes);
    if (!closes) connection.wait_for_close();
  };
}

/// The error of a handshake with such a server.
Error failure_of(const ScriptedBroker::Script& script, const BrokerOptions& options = broker_options(),
                 const std::string& server_name = "localhost") {
  TlsSession session(script, options, {server_name, "", "the broker", ""});
  REQUIRE_FALSE(session.opened);
  CHECK(ERR_peek_error() == 0);
  return session.opened.error();
}

IssuedCertificate named(const std::string& common_name, const std::vector<std::string>& names) {
  CertificateWish wish;
  wish.common_name = common_name;
  wish.names = names;
  return pki().issue(wish);
}

void shake_hands(BrokerConnection& connection) {
  if (connection.shake_hands()) connection.wait_for_close();
}

}  // namespace

TEST_CASE("an alert of the server is told apart from its close and from our own alert") {
  struct Row {
    std::string bytes;
    ErrorKind kind;
    std::string said;
  };
  const auto alert = [](char level, char description) {
    return std::string("\x15\x03\x03\x00\x02", 5) + level + description;
  };
  for (const Row& row : std::vector<Row>{
           {alert(2, 45), kClaimRefused, "(alert 45)"},
           {alert(2, 48), kClaimRefused, "(alert 48)"},
           {alert(2, 80), kServerUnavailable, "(alert 80)"},
           {alert(2, 47), kTlsFailed, "(alert 47)"},
           {alert(1, 0), kConnectionLost, "closed the connection in the middle"},
           // Not a ServerHello: OpenSSL sends an alert of its own.
           {std::string("\x16\x03\x03\x00\x04\x0b\x00\x00\x00", 9), kTlsFailed, "TLS with the broker failed: "}}) {
    const Error error = failure_of(plain(row.bytes));
    INFO(error.message);
    CHECK(error.kind == row.kind);
    CHECK(error.message.find(row.said) != std::string::npos);
  }
}

TEST_CASE("a close is reported with how and when it came") {
  CHECK(failure_of(plain("")).message ==
        "TLS handshake with the broker: closed the connection before it sent anything");
  CHECK(failure_of(plain("\x16\x03")).message == "TLS handshake with the broker: closed the connection in the middle");
  CHECK(failure_of([](BrokerConnection& connection) {
          connection.read_plain();
          connection.send_plain("\x16\x03");
          connection.cut(true);
        }).message == "TLS handshake with the broker: Connection reset by peer in the middle");
  CHECK(failure_of(plain("\x16")).kind == kConnectionLost);
}

TEST_CASE("a server that asks for the certificate and then closes may have refused it") {
  BrokerOptions options = broker_options();
  options.tls_version = TLS1_2_VERSION;
  const Error error = failure_of(
      [](BrokerConnection& connection) {
        // Called with the client's certificate; the alert that follows is not sent.
        SSL_CTX_set_verify(
            connection.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, [](int, X509_STORE_CTX* store) {
              auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
              ::shutdown(SSL_get_fd(ssl), SHUT_WR);
              return 0;
            });
        static_cast<void>(connection.shake_hands());
      },
      options);
  CHECK(error.kind == kConnectionLost);
  INFO(error.message);
  CHECK(error.message.ends_with("after it had asked for the claim certificate"));
  REQUIRE(error.closed_after);
  CHECK(*error.closed_after >= Milliseconds{0});
  CHECK(*error.closed_after < std::chrono::minutes(10));
}

TEST_CASE("a server that falls silent is reported at the deadline, with how far it came") {
  struct Row {
    std::string bytes;
    std::string said;
  };
  for (const Row& row : {Row{"", "the broker accepts connections but does not answer the TLS handshake"},
                         Row{"\x16\x03", "the broker stopped in the middle of the TLS handshake"}}) {
    TlsSession session(plain(row.bytes, false), broker_options(), {"localhost", "", "the broker", ""},
                       Milliseconds{30});
    REQUIRE_FALSE(session.opened);
    CHECK(session.opened.error().kind == kTlsTimeout);
    CHECK(session.opened.error().message == row.said);
  }
}

TEST_CASE("a handshake that does not end is ended") {
  // HelloRequest messages, which a client skips (RFC 5246 section 7.4.1.1), in records of 16 KiB.
  std::string record("\x16\x03\x03\x40\x00", 5);
  record.append(16 * 1024, '\0');
  const Error error = failure_of([&](BrokerConnection& connection) {
    connection.read_plain();
    for (int i = 0; i < 20 && connection.try_send_plain(record); ++i) {
    }
    connection.wait_for_close();
  });
  CHECK(error.kind == kTlsFailed);
  CHECK(error.message == "the broker sent more than 262144 bytes in the TLS handshake");
}

TEST_CASE("only names of the subjectAltName count, and wildcards only as a whole label") {
  struct Row {
    IssuedCertificate server;
    std::string name;
    bool accepted;
  };
  for (const Row& row : std::vector<Row>{{named("localhost", {}), "localhost", false},
                                         {named("other", {"DNS:localhost"}), "localhost", true},
                                         {named("x", {"DNS:*.example.com"}), "gw1.example.com", true},
                                         {named("x", {"DNS:gw*.example.com"}), "gw1.example.com", false},
                                         {named("x", {"DNS:*.example.com"}), "a.b.example.com", false},
                                         {named("x", {"IP:127.0.0.1"}), "127.0.0.1", true},
                                         {named("x", {"DNS:127.0.0.1"}), "127.0.0.1", false},
                                         {named("x", {"IP:127.0.0.1"}), "127.0.0.2", false}}) {
    INFO(row.name);
    BrokerOptions options = broker_options();
    options.server = row.server;
    TlsSession session(shake_hands, options, {row.name, "", "the broker", ""});
    CHECK(session.opened.has_value() == row.accepted);
    if (!session.opened) CHECK(session.opened.error().kind == kTlsNameMismatch);
  }
}

TEST_CASE("a chain that is not trusted is shown, up to its fifth certificate") {
  for (const std::size_t above : {0U, 1U, 4U, 5U}) {
    INFO(above);
    BrokerOptions options = broker_options();
    options.server = TestPki("root 0").server();
    for (std::size_t i = 1; i <= above; ++i) {
      options.server.certificate += TestPki("root " + std::to_string(i)).root();
    }
    const Error error = failure_of(shake_hands, options);
    CHECK(error.kind == kTlsUntrustedServer);
    std::string shown;
    for (std::size_t i = 1; i <= std::min<std::size_t>(above, 4); ++i) {
      shown += ", then issuer CN=root " + std::to_string(i);
    }
    INFO(error.message);
    CHECK(error.message.find("issuer CN=root 0, valid from ") != std::string::npos);
    CHECK(error.message.find(shown + "; the local time is ") != std::string::npos);
    CHECK((error.message.find(", then issuer") != std::string::npos) == (above > 0));
  }
}

TEST_CASE("a server without a certificate, or with one that failed, is not trusted whatever the context allows") {
  const std::string anonymous = "AECDH-AES128-SHA:@SECLEVEL=0";
  BrokerOptions options = broker_options();
  options.tls_version = TLS1_2_VERSION;
  options.ciphers = anonymous;
  options.client_root.clear();
  const TlsPeer peer{"localhost", "", "the broker", ""};
  TlsSession without(shake_hands, options, peer, kMinute,
                     [&](SSL_CTX& context) { SSL_CTX_set_cipher_list(&context, anonymous.c_str()); });
  REQUIRE_FALSE(without.opened);
  CHECK(without.opened.error().kind == kTlsUntrustedServer);
  CHECK(without.opened.error().message == "the broker showed no certificate in the TLS handshake");
  TlsSession revoked(shake_hands, broker_options(), peer, kMinute, [](SSL_CTX& context) {
    SSL_CTX_set_cert_verify_callback(
        &context,
        [](X509_STORE_CTX* store, void*) {
          X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
          return 1;
        },
        nullptr);
  });
  REQUIRE_FALSE(revoked.opened);
  CHECK(revoked.opened.error().kind == kTlsUntrustedServer);
  CHECK(revoked.opened.error().message.starts_with(
      "the certificate of the broker is not trusted: certificate revoked; "));
}

TEST_CASE("a name or protocol that TLS cannot send is an error before anything is sent") {
  for (const TlsPeer& peer : {TlsPeer{std::string(300, 'a'), "", "the broker", ""},
                              TlsPeer{"localhost", std::string(256, 'a'), "the broker", ""}}) {
    TlsSession session([](BrokerConnection& connection) { connection.wait_for_close(); }, broker_options(), peer);
    REQUIRE_FALSE(session.opened);
    CHECK(session.opened.error().kind == kInternal);
    CHECK(session.opened.error().message.starts_with("OpenSSL takes no connection: "));
  }
}

TEST_CASE("an error that OpenSSL left before does not end a handshake") {
  ERR_raise(ERR_LIB_USER, 1);
  TlsSession session(shake_hands);
  CHECK(session.opened);
  ERR_clear_error();
}
