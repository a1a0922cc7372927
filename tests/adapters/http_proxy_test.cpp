// HTTP CONNECT byte by byte: what a proxy is sent, how much of its response is read, and what that means.
#include "adapters/network/http_proxy.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/waiting_thread.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// A proxy whose whole response was received before it was asked.
struct ProxyFixture {
  explicit ProxyFixture(const std::string& response, bool closes = true) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
    send(response);
    if (closes) REQUIRE(::shutdown(theirs.get(), SHUT_WR) == 0);
  }
  void send(const std::string& bytes) const {
    CHECK(::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  Result<void> ask(const std::string& host = "a.example", std::uint16_t port = 8883) {
    const Wait wait(interrupt, stop.get());
    return ask_proxy(ours.get(), proxy, {host, port}, deadline, wait);
  }
  static std::string received(const Descriptor& end) {
    std::string bytes(64 * 1024, '\0');
    const ssize_t size = ::recv(end.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  Interrupt interrupt;
  Descriptor stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Descriptor ours;
  Descriptor theirs;
  Proxy proxy{"proxy.example", 3128, "", Secret()};
  Instant deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
};

const std::string kGranted = "HTTP/1.1 200 OK\r\n\r\n";

/// The error of a proxy that responds so.
Error refusal_of(const std::string& response) {
  ProxyFixture fixture(response);
  const auto asked = fixture.ask();
  REQUIRE_FALSE(asked);
  return asked.error();
}

/// A response of 407 with these header fields.
Error unauthenticated_by(const std::string& fields) {
  return refusal_of("HTTP/1.1 407 No\r\n" + fields + "\r\n\r\n");
}

}  // namespace

TEST_CASE("the request names the target twice, and an IPv6 address in brackets") {
  for (const auto& [host, authority] : {std::pair("a.example", "a.example:8883"), std::pair("::1", "[::1]:8883"),
                                        std::pair("127.0.0.1", "127.0.0.1:8883")}) {
    ProxyFixture fixture(kGranted);
    // A successful call leaves errno as it was.
    errno = EAGAIN;
    REQUIRE(fixture.ask(host));
    CHECK(ProxyFixture::received(fixture.theirs) ==
          std::string("CONNECT ") + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
  }
}

TEST_CASE("credentials are sent in base64, if there is a user or a password") {
  struct Row {
    std::string user;
    std::string password;
    std::string base64;
  };
  for (const Row& row : {Row{"a", "", "YTo="}, Row{"", "b", "OmI="}, Row{"a", "b", "YTpi"}, Row{"a", "bc", "YTpiYw=="},
                         Row{"aladdin", "open sesame", "YWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
                         Row{"\x01\x7F", "\xC3\xBF\xC3\xBE?>", "AX86w7/Dvj8+"}}) {
    ProxyFixture fixture(kGranted);
    fixture.proxy.user = row.user;
    fixture.proxy.password = Secret(row.password);
    REQUIRE(fixture.ask());
    CHECK_THAT(ProxyFixture::received(fixture.theirs),
               Catch::EndsWith("\r\nProxy-Authorization: Basic " + row.base64 + "\r\n\r\n"));
  }
}

TEST_CASE("exactly the header is read, the bytes behind it belong to the target") {
  for (const std::string response :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\n\n", "HTTP/1.1 200 OK\n\r\n",
        "HTTP/1.0 200\r\n\r\n", "HTTP/1.1 299 \r\nVia: x\r\n\r\n", "HTTP/1.1 200 OK\nVia: x\n\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Wait\n\nHTTP/1.1 199 Wait\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
    INFO(response);
    for (const std::string rest : {"", "x", "\r\n\r\n", "\n"}) {
      ProxyFixture fixture(response + rest);
      CHECK(fixture.ask());
      CHECK(ProxyFixture::received(fixture.ours) == rest);
    }
  }
}

TEST_CASE("a response may arrive in any pieces") {
  const std::string response = "HTTP/1.1 200 OK\r\nVia: x\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 26U}) {
    INFO(piece);
    ProxyFixture fixture("", false);
    WaitingThread<Result<void>> asking([&] { return fixture.ask(); });
    for (std::size_t at = 0; at < response.size(); at += piece) {
      CHECK(asking.sleeps());
      fixture.send(response.substr(at, piece));
    }
    CHECK(asking.result());
    CHECK(ProxyFixture::received(fixture.ours).empty());
  }
}

TEST_CASE("all headers together have at most 16 KiB") {
  const std::string begin = "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\nX: ";
  for (const std::size_t size : {16U * 1024U, 16U * 1024U + 1U}) {
    ProxyFixture fixture(begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n");
    const auto asked = fixture.ask();
    CHECK(asked.has_value() == (size == 16 * 1024));
    if (asked) continue;
    CHECK(asked.error().kind == kNotAProxy);
    CHECK(asked.error().message == "proxy proxy.example:3128 answered with a header of more than 16384 bytes");
  }
}

TEST_CASE("each status says whether the proxy or somebody else refuses") {
  struct Row {
    std::string line;
    ErrorKind kind;
    std::string hint;
  };
  const Row rows[] = {
      {"HTTP/1.1 300 No", kProxyRefused, "allow CONNECT"},     {"HTTP/1.1 199 No", kProxyRefused, "check that --proxy"},
      {"HTTP/1.1 406 No", kProxyRefused, "allow CONNECT"},     {"HTTP/1.1 408 No", kProxyRefused, "allow CONNECT"},
      {"HTTP/1.1 499 No", kProxyRefused, "allow CONNECT"},     {"HTTP/1.1 500 No", kProxyRefused, "check the proxy's"},
      {"HTTP/1.1 501 No", kProxyRefused, "check the proxy's"}, {"HTTP/1.1 599 No", kProxyRefused, "check the proxy's"},
      {"HTTP/1.1 600 No", kNotAProxy, "check --proxy"},        {"HTTP/1.1 099 No", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 101 No", kProxyRefused, "allow CONNECT"},     {"HTTP/1.1 40", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 4033", kNotAProxy, "check --proxy"},          {"HTTP/1.1 403", kProxyRefused, "allow CONNECT"},
      {"HTTP/1.1 403 ", kProxyRefused, "allow CONNECT"},       {"HTTP/1.1/403 No", kNotAProxy, "check --proxy"},
      {"HTTP/1.: 403 No", kNotAProxy, "check --proxy"},        {"HTTP/1./ 403 No", kNotAProxy, "check --proxy"},
      {"HTTP/1.0 403 No", kProxyRefused, "allow CONNECT"},     {"HTTP/1.9 403 No", kProxyRefused, "allow CONNECT"},
      {"HTTP/1.1 /03 No", kNotAProxy, "check --proxy"},        {"HTTP/1.1 :03 No", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 4/3 No", kNotAProxy, "check --proxy"},        {"HTTP/1.1 4:3 No", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 40/ No", kNotAProxy, "check --proxy"},        {"HTTP/1.1 40: No", kNotAProxy, "check --proxy"},
      {"HTTP/2.1 403 No", kNotAProxy, "check --proxy"},        {"SSH-2.0-x", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 2ZZ Yes", kNotAProxy, "check --proxy"},       {"HTTP/1.1 2000 Yes", kNotAProxy, "check --proxy"},
      {" HTTP/1.1 200 Yes", kNotAProxy, "check --proxy"},      {"HTTP/1.1 999 Yes", kNotAProxy, "check --proxy"},
      {"HTTP/1.1 99/ Yes", kNotAProxy, "check --proxy"},       {"HTTP/x.1 403 Yes", kNotAProxy, "check --proxy"},
      {"HTTP/1.x 403 Yes", kNotAProxy, "check --proxy"},       {"HTTP/1.1  200 Yes", kNotAProxy, "check --proxy"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const Error error = refusal_of(row.line + "\r\n\r\n");
    CHECK(error.kind == row.kind);
    INFO(error.message);
    CHECK(error.hint.starts_with(row.hint));
    if (row.hint == "check that --proxy") continue;
    CHECK(error.message.find(row.line.substr(0, row.line.find_last_not_of(' ') + 1)) != std::string::npos);
  }
  CHECK(refusal_of("HTTP/1.1 403 No\r\n\r\n").message ==
        "proxy proxy.example:3128 refused CONNECT to a.example:8883: HTTP/1.1 403 No");
}

TEST_CASE("at most 120 bytes of the status line are shown") {
  const std::string start = "HTTP/1.1 403 ";
  for (const std::size_t size : {120U, 121U}) {
    const std::string line = start + std::string(size - start.size(), 'x');
    CHECK_THAT(refusal_of(line + "\r\n\r\n").message,
               Catch::EndsWith(": " + line.substr(0, 120) + (size > 120 ? "…" : "")));
  }
}

TEST_CASE("a proxy that closes or falls silent is reported so") {
  for (const char* response : {"", "H", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r"}) {
    errno = EAGAIN;
    const Error error = refusal_of(response);
    CHECK(error.kind == kProxyRefused);
    CHECK(error.message == "proxy proxy.example:3128 closed the connection without a response");
  }
  ProxyFixture silent("HTTP/1.1 200", false);
  silent.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  const auto none = silent.ask();
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == kProxyRefused);
  CHECK(none.error().message == "proxy proxy.example:3128 did not answer CONNECT in time");
  ProxyFixture late(kGranted);
  late.deadline = Instant{};
  const auto unsent = late.ask();
  REQUIRE_FALSE(unsent);
  CHECK(unsent.error().kind == kProxyRefused);
  CHECK(unsent.error().message == "proxy proxy.example:3128 does not accept a request");
  CHECK(ProxyFixture::received(late.theirs).empty());
  ProxyFixture closed("");
  closed.theirs.reset();
  CHECK(closed.ask().error().message.ends_with("closed the connection without a response"));
}

TEST_CASE("a request is sent in the pieces that the proxy accepts") {
  ProxyFixture fixture("", false);
  const int small = 4096;
  REQUIRE(::setsockopt(fixture.ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
  fixture.proxy.user = std::string(100'000, 'a');
  WaitingThread<Result<void>> asking([&] { return fixture.ask(); });
  std::string request;
  while (!request.ends_with("\r\n\r\n")) {
    CHECK(asking.sleeps());
    request += ProxyFixture::received(fixture.theirs);
  }
  // The user and a colon are 100 001 bytes.
  CHECK(request.size() == std::string("CONNECT a.example:8883 HTTP/1.1\r\nHost: a.example:8883\r\n").size() +
                              std::string("Proxy-Authorization: Basic \r\n\r\n").size() + 4 * 33'334);
  fixture.send(kGranted);
  CHECK(asking.result());
}

TEST_CASE("the schemes of a proxy that wants credentials are read from every field") {
  struct Row {
    std::string fields;
    std::string schemes;
  };
  const std::string long_name(40, 's');
  const Row rows[] = {
      {"Proxy-Authenticate: NTLM", "NTLM"},
      {"Proxy-Authenticate:NTLM", "NTLM"},
      {"proxy-AUTHENTICATE: \t NTLM \t", "NTLM"},
      {"Via: x\r\nProxy-Authenticate: NTLM", "NTLM"},
      {"Proxy-Authenticate: NTLM\r\nVia: Digest", "NTLM"},
      {"Proxy-Authenticate: NTLM\r\nVia", "NTLM"},
      {"Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Digest", "NTLM, Digest"},
      {"Proxy-Authenticate: NTLM,Digest,Negotiate", "NTLM, Digest, Negotiate"},
      {"Proxy-Authenticate: NTLM, NTLM, Digest", "NTLM, Digest"},
      {"Proxy-Authenticate: ,, NTLM ,", "NTLM"},
      {"Proxy-Authenticate:,NTLM", "NTLM"},
      {R"(Proxy-Authenticate: Digest realm="a", nonce="b", NTLM)", "Digest, NTLM"},
      {R"(Proxy-Authenticate: Digest realm = "a", nonce = "b", NTLM)", "Digest, NTLM"},
      {R"(Proxy-Authenticate: Digest realm="a, Basic, b", NTLM)", "Digest, NTLM"},
      {R"(Proxy-Authenticate: Digest realm="a\", Basic, \\", NTLM)", "Digest, NTLM"},
      {R"(Proxy-Authenticate: Digest realm="a\)", "Digest"},
      {"Proxy-Authenticate: Negotiate abc==", "Negotiate"},
      {"Proxy-Authenticate: " + long_name, long_name},
      {"Proxy-Authenticate: " + long_name + "s", long_name + "…"},
  };
  for (const Row& row : rows) {
    INFO(row.fields);
    const Error error = unauthenticated_by(row.fields);
    CHECK(error.kind == kProxyAuthentication);
    CHECK(error.message == "proxy proxy.example:3128 authenticates by " + row.schemes +
                               " only, which is not supported: HTTP/1.1 407 No");
  }
}

TEST_CASE("where Basic is offered, or nothing is said, the credentials are missing or wrong") {
  for (const char* fields : {"Via: x", "Proxy-Authenticate: Basic realm=\"a\"", "Proxy-Authenticate: NTLM, BASIC",
                             "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: basic"}) {
    INFO(fields);
    CHECK(unauthenticated_by(fields).message == "proxy proxy.example:3128 requires credentials: HTTP/1.1 407 No");
    CHECK(unauthenticated_by(fields).kind == kProxyAuthentication);
    for (const auto& [user, password] : {std::pair("a", ""), std::pair("", "b"), std::pair("a", "b")}) {
      ProxyFixture fixture(std::string("HTTP/1.1 407 No\r\n") + fields + "\r\n\r\n");
      fixture.proxy.user = user;
      fixture.proxy.password = Secret(password);
      const auto asked = fixture.ask();
      REQUIRE_FALSE(asked);
      CHECK(asked.error().kind == kProxyAuthentication);
      CHECK(asked.error().message == "proxy proxy.example:3128 rejected user or password: HTTP/1.1 407 No");
    }
  }
}
