// HTTP CONNECT: success, and each kind of refusal.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// An endless sequence of interim responses.
std::string many_headers() {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "HTTP/1.1 102 Processing\r\n\r\n";
  return text;
}

/// Responds to CONNECT with `answer`; after a 2xx it acts as the endpoint itself, so that no second server is needed.
ScriptedBroker::Script proxy(const std::string& answer, std::string& request) {
  return [answer, &request](BrokerConnection& connection) {
    while (request.find("\r\n\r\n") == std::string::npos) {
      const std::string piece = connection.read_plain();
      if (piece.empty()) return;
      request += piece;
    }
    connection.send_plain(answer);
    const bool granted = answer.find(" 200 ") != std::string::npos || answer.find(" 299 ") != std::string::npos;
    if (granted) serve(connection);
  };
}

void connect_by_proxy(TransportFixture& fixture, std::uint16_t port) {
  fixture.options.proxy.emplace();
  fixture.options.proxy->host = "127.0.0.1";
  fixture.options.proxy->port = port;
}

}  // namespace

TEST_CASE("a proxy lets us through, with the credentials it was given") {
  const std::string answer = GENERATE(std::string("HTTP/1.1 200 Connection established\r\n\r\n"),
                                      std::string("HTTP/1.0 200 \n\n"), std::string("HTTP/1.1 299 \r\nVia: x\n\r\n"),
                                      std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\r\n\r\n"
                                                  "HTTP/1.1 200 OK\r\n\r\n"));
  INFO(answer);
  std::string request;
  ScriptedBroker broker(broker_options(), proxy(answer, request));
  TransportFixture fixture(1);
  fixture.options.endpoint = {"localhost", 8883};
  connect_by_proxy(fixture, broker.port());
  fixture.options.proxy->user = "aladdin";
  fixture.options.proxy->password = Secret("open sesame");
  const auto session = fixture.connect();
  const auto came = exchange(*session);
  session->close();
  REQUIRE(came);
  CHECK(request.starts_with("CONNECT localhost:8883 HTTP/1.1\r\nHost: localhost:8883\r\n"));
  CHECK(request.find("Proxy-Authorization: Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != std::string::npos);
  CHECK(fixture.observer.phases().find("+proxy -proxy +tls") != std::string::npos);
  CHECK(fixture.observer.details().find("YWxh") == std::string::npos);
}

TEST_CASE("an error before the proxy is about the proxy, one behind it names both") {
  {
    TransportFixture fixture(8883);
    connect_by_proxy(fixture, 1);
    const auto session = fixture.connect();
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == kConnectionRefused);
    CHECK(established.error().phase == Phase::kTcp);
    CHECK(established.error().message.starts_with("cannot reach the proxy: cannot connect to 127.0.0.1, port 1"));
    CHECK(established.error().hint.starts_with("check that the proxy is up"));
  }
  for (const bool speaks_tls : {true, false}) {
    ScriptedBroker broker(broker_options(), [speaks_tls](BrokerConnection& connection) {
      connection.read_plain();
      connection.send_plain("HTTP/1.1 200 OK\r\n\r\n");
      if (speaks_tls) {
        if (connection.shake_hands()) connection.packet();
      } else {
        connection.read_plain();
        connection.send_plain("220 mail\r\n");
      }
    });
    TransportFixture fixture(8883);
    connect_by_proxy(fixture, broker.port());
    const auto session = fixture.connect();
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == (speaks_tls ? kConnectionLost : kNotATlsServer));
    CHECK(established.error().message.starts_with(
        "localhost, port 8883 by proxy 127.0.0.1:" + std::to_string(broker.port()) + " "));
  }
}

// One row for each kind of response; http_proxy_test.cpp has every boundary.
TEST_CASE("a proxy that does not") {
  struct Row {
    std::string answer;
    ErrorKind kind;
    std::string said;
  };
  const std::vector<Row> rows{
      {"HTTP/1.1 403 Forbidden\r\n\r\n", kProxyRefused, "403 Forbidden"},
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", kProxyAuthentication, "407"},
      {"HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\n", kProxyRefused, "502"},
      {"HTTP/1.1 302 Found\r\nX: " + std::string(20'000, 'y'), kNotAProxy, "more than 16384 bytes"},
      {"SSH-2.0-OpenSSH_9.2\r\n", kNotAProxy, "SSH-2.0"},
      {"", kProxyRefused, "closed"},
      {"HTTP/1.1 500 Yes\r\n\r\n", kProxyRefused, "500"},
      {"HTTP/1.1 403 Forbidden\nX: y\n\n", kProxyRefused, "403 Forbidden"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", kProxyRefused, "403 Forbidden"},
      {many_headers(), kNotAProxy, "more than 16384 bytes"},
      {"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nPROXY-AUTHENTICATE: NTLM, Digest realm=\"Basic, a\", "
       "nonce=\"b\"\r\n\r\n",
       kProxyAuthentication, "authenticates by Negotiate, NTLM, Digest only"},
      {"HTTP/1.1 407 No\nProxy-Authenticate: NTLM\nProxy-Authenticate: basic realm=\"a\"\n\n", kProxyAuthentication,
       "requires credentials"},
  };
  for (const Row& row : rows) {
    INFO(row.answer);
    std::string request;
    ScriptedBroker broker(broker_options(), proxy(row.answer, request));
    TransportFixture fixture(8883);
    connect_by_proxy(fixture, broker.port());
    const auto session = fixture.connect();
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == row.kind);
    CHECK(established.error().phase == Phase::kProxy);
    CHECK(established.error().message.find(row.said) != std::string::npos);
    const bool blames_proxy = established.error().hint.find("the proxy cannot reach this host") != std::string::npos;
    CHECK(blames_proxy == (row.kind == kProxyRefused && row.answer.starts_with("HTTP/1.1 5")));
  }
}
