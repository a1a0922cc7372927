// HTTP CONNECT: the way through, and each way to be refused.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/fakes/transport_bench.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// Answers CONNECT with `answer`; after a 200 it serves as the endpoint itself, so that no second server is needed.
ScriptedBroker::Script proxy(const std::string& answer, std::string& request) {
  return [answer, &request](BrokerConnection& connection) {
    while (request.find("\r\n\r\n") == std::string::npos) {
      const std::string piece = connection.read_plain();
      if (piece.empty()) return;
      request += piece;
    }
    connection.send_plain(answer);
    if (answer.find(" 200 ") != std::string::npos) serve(connection);
  };
}

}  // namespace

TEST_CASE("a proxy lets us through, with the credentials it was given") {
  std::string request;
  ScriptedBroker broker(broker_options(), proxy("HTTP/1.1 200 Connection established\r\n\r\n", request));
  TransportBench bench(1);
  bench.options.endpoint = {"localhost", 8883};
  bench.options.proxy.emplace();
  bench.options.proxy->host = "127.0.0.1";
  bench.options.proxy->port = broker.port();
  bench.options.proxy->user = "aladdin";
  bench.options.proxy->password = Secret("open sesame");
  const auto session = bench.connect();
  const auto answer = exchange(*session);
  session->close();
  REQUIRE(answer);
  CHECK(request.starts_with("CONNECT localhost:8883 HTTP/1.1\r\nHost: localhost:8883\r\n"));
  CHECK(request.find("Proxy-Authorization: Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") != std::string::npos);
  CHECK(bench.observer.phases().find("+proxy -proxy +tls") != std::string::npos);
  CHECK(bench.observer.details().find("YWxh") == std::string::npos);
}

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
      {"", kNotAProxy, "closed"},
  };
  for (const Row& row : rows) {
    INFO(row.answer);
    std::string request;
    ScriptedBroker broker(broker_options(), proxy(row.answer, request));
    TransportBench bench(8883);
    bench.options.proxy.emplace();
    bench.options.proxy->host = "127.0.0.1";
    bench.options.proxy->port = broker.port();
    const auto session = bench.connect();
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == row.kind);
    CHECK(established.error().phase == Phase::kProxy);
    CHECK(established.error().message.find(row.said) != std::string::npos);
  }
}
