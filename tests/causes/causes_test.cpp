// The messages of the real program for faulty servers, proxies and clocks: one row for each cause, with its exit code,
// its kind, the facts that the message must contain and the action that the hint must contain.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iterator>

#include "tests/causes/rows.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tool.hpp"

using namespace fleet_provision::test;
using namespace fleet_provision::test::causes;

namespace {

/// Most rows wait; more of them in parallel would overload two cores.
constexpr std::size_t kSideBySide = 6;

/// Responds to CONNECT with the result of `answer`, then waits until the client closes.
template <class Answer>
ScriptedBroker::Script answering_connect(Answer answer) {
  return [answer](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const std::string connect = connection.packet();
    if (connect.empty()) return;
    connection.send(answer(is_v5(connect)));
    connection.packet();
  };
}

ScriptedBroker::Script refusing(int code) {
  return answering_connect([code](bool v5) { return connack(v5, code); });
}

/// Accepts the client, and calls `act` for its SUBSCRIBE.
template <class Act>
ScriptedBroker::Script at_subscribe(Act act) {
  return [act](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const std::string connect = connection.packet();
    if (connect.empty()) return;
    const bool v5 = is_v5(connect);
    connection.send(connack(v5));
    const std::string subscribe = connection.packet();
    if (type_of(subscribe) == 8) act(connection, v5, subscribe);
  };
}

/// The same with the first PUBLISH.
template <class Act>
ScriptedBroker::Script at_publish(Act act) {
  return at_subscribe([act](BrokerConnection& connection, bool v5, const std::string& subscribe) {
    connection.send(suback(v5, subscribe, {1, 1, 1, 1}));
    const std::string request = connection.packet();
    if (type_of(request) == 3) act(connection, v5, request);
  });
}
// A row of these tables takes a few lines, not one for each of its fields.
// clang-format off

std::vector<Row> mqtt_rows() {
  return {
      {.name = "closed before CONNACK", .server = good(), .script = swallow, .arguments = {"--client-id", "gateway-1"},
       .exit_code = 77, .kind = "policy-connect", .message = {"CONNECT as client gateway-1", "three times in succession"},
       .hint = {"ACTIVE", "account and region", "policy attached", "iot:Connect on client/gateway-1"}},
      {.name = "not authorized, MQTT 5", .server = good(), .script = refusing(135),
       .arguments = {"--client-id", "gateway-1"}, .exit_code = 77, .kind = "policy-connect",
       .message = {"CONNACK 135 (not authorized)", "gateway-1"},
       .hint = {R"("Action":"iot:Connect")", "arn:aws:iot:REGION:ACCOUNT:client/gateway-1", "ACTIVE"}},
      {.name = "not authorized, MQTT 3.1.1", .server = good(), .script = refusing(5),
       .arguments = {"--mqtt-version", "3.1.1"}, .exit_code = 77, .kind = "policy-connect",
       .message = {"CONNACK 5 (not authorized)"}, .hint = {"iot:Connect on client/fleet-provision-*: add "}},
      {.name = "no version is taken", .server = good(),
       .script = answering_connect([](bool v5) { return connack(v5, v5 ? 132 : 1); }), .exit_code = 77,
       .kind = "mqtt-version-refused", .message = {"CONNACK 1 (unacceptable protocol version)"},
       .hint = {"--mqtt-version"}},
      {.name = "bad client id", .server = good(), .script = refusing(133), .arguments = {"--client-id", "gateway-1"},
       .exit_code = 77, .kind = "connection-rejected", .message = {"CONNACK 133 (client identifier not valid)"},
       .hint = {"client ID", "gateway-1"}},
      {.name = "busy", .server = good(), .script = refusing(137), .arguments = {kOnce}, .exit_code = 75,
       .kind = "server-unavailable", .message = {"CONNACK 137 (server busy)"}, .hint = {"wait, then rerun"}},
      {.name = "no CONNACK", .server = good(), .script = [](BrokerConnection& connection) {
         if (connection.shake_hands() && !connection.packet().empty()) connection.packet();
       }, .arguments = {kOnce, "--request-timeout=0.5"}, .exit_code = 75, .kind = "no-answer",
       .message = {"no CONNACK within 500 ms"}, .hint = {"ALPN"}},
      {.name = "Receive Maximum 0", .server = good(),
       .script = answering_connect([](bool) { return std::string("\x20\x06\x00\x00\x03\x21\x00\x00", 8); }),
       .exit_code = 76, .kind = "malformed-answer", .message = {"CONNACK with Receive Maximum 0"},
       .hint = {"endpoint"}},
      {.name = "Maximum QoS 0", .server = good(),
       .script = answering_connect([](bool) { return std::string("\x20\x05\x00\x00\x02\x24\x00", 7); }),
       .exit_code = 77, .kind = "connection-rejected", .message = {"Maximum QoS 0"}, .hint = {"allow QoS 1"}},
      {.name = "Maximum Packet Size too small", .server = good(),
       .script = answering_connect([](bool) { return std::string("\x20\x08\x00\x00\x05\x27\x00\x00\x00\x64", 10); }),
       .exit_code = 77, .kind = "connection-rejected",
       .message = {"at most 100 bytes (Maximum Packet Size", "SUBSCRIBE"}, .hint = {"raise the packet limit"}},
      {.name = "not MQTT", .server = good(),
       .script = answering_connect([](bool) { return std::string("HTTP/1.1 400 Bad Request\r\n\r\n"); }),
       .exit_code = 76, .kind = "malformed-answer", .message = {"HTTP/1.1 400 Bad Request"}, .hint = {"endpoint"}},
      {.name = "evicted again and again", .server = good(),
       .script = at_subscribe([](BrokerConnection& connection, bool, const std::string&) {
         connection.send(disconnect(142));
       }), .arguments = {"--client-id", "gateway-1", "--attempts=2"}, .exit_code = 75, .kind = "session-taken-over",
       .message = {"142 (session taken over)"}, .hint = {"another device connected with client ID gateway-1"}},
      {.name = "subscribe denied, MQTT 5", .server = good(),
       .script = at_subscribe([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(suback(v5, packet, {1, 135, 1, 1}));
       }), .exit_code = 77, .kind = "policy-subscribe",
       .message = {"$aws/certificates/create-from-csr/json/rejected", "SUBACK 135 (not authorized)"},
       .hint = {R"({"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:REGION:ACCOUNT:topicfilter/)"
        R"($aws/certificates/create-from-csr/json/rejected"})"}},
      {.name = "closed at SUBSCRIBE", .server = good(),
       .script = at_subscribe([](BrokerConnection& connection, bool, const std::string&) {
         connection.cut();
       }), .arguments = {"--mqtt-version", "3.1.1", "--client-id", "gateway-1"}, .exit_code = 77,
       .kind = "policy-subscribe", .message = {"after SUBSCRIBE", "three times in succession"},
       .hint = {"topicfilter/$aws/certificates/create-from-csr/json/accepted (topicfilter/, not topic/): add ",
        "uses the client ID gateway-1"}},
      {.name = "publish denied, MQTT 5", .server = good(),
       .script = at_publish([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(puback(v5, packet, 135));
         connection.packet();
       }), .exit_code = 77, .kind = "policy-publish",
       .message = {"$aws/certificates/create-from-csr/json", "PUBACK 135"},
       .hint = {"iot:Publish on topic/$aws/certificates/create-from-csr/json"}},
      {.name = "closed at PUBLISH", .server = good(),
       .script = at_publish([](BrokerConnection& connection, bool, const std::string&) {
         connection.cut();
       }), .arguments = {"--mqtt-version", "3.1.1"}, .exit_code = 77, .kind = "policy-publish",
       .message = {"three times in succession"}, .hint = {"iot:Publish on topic/$aws/certificates/create-from-csr/json"}},
      {.name = "receive denied", .server = good(),
       .script = at_publish([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(puback(v5, packet));
         connection.packet();
       }), .arguments = {kOnce, "--request-timeout=0.5"}, .exit_code = 75, .kind = "no-answer",
       .message = {"no response to CreateCertificateFromCsr on $aws/certificates/create-from-csr/json/accepted",
                    "within 500 ms"},
       .hint = {"iot:Receive on topic/$aws/certificates/create-from-csr/json/accepted", "throttled"}},
  };
}

/// In these rows the server is a proxy, which gets a CONNECT for a name that cannot be resolved.
std::vector<Row> proxy_rows() {
  std::vector<Row> rows{
      {.name = "proxy refuses", .server = good(), .script = saying("HTTP/1.1 403 Forbidden\r\n\r\n"),
       .arguments = {kOnce, "--endpoint", "host.invalid"}, .exit_code = 75, .kind = "proxy-refused",
       .message = {"proxy 127.0.0.1:", "host.invalid:8883", "403 Forbidden"},
       .hint = {"allow CONNECT to this host and port"}},
      {.name = "proxy has no way", .server = good(), .script = saying("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
       .arguments = {kOnce, "--endpoint", "host.invalid"}, .exit_code = 75, .kind = "proxy-refused",
       .message = {"proxy 127.0.0.1:", "host.invalid:8883", "502 Bad Gateway"}, .hint = {"cannot reach this host"}},
      {.name = "proxy wants credentials", .server = good(),
       .script = saying("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
       .arguments = {"--endpoint", "host.invalid"}, .exit_code = 77, .kind = "proxy-authentication",
       .message = {"407 Proxy Authentication Required"}, .hint = {"--proxy-password-file"}},
      {.name = "not a proxy", .server = good(), .script = saying("220 mail ready\r\n"),
       .arguments = {"--endpoint", "host.invalid"}, .exit_code = 77, .kind = "not-a-proxy",
       .message = {"it said: 220 mail ready"}, .hint = {"--proxy"}},
      {.name = "proxy closes", .server = good(),
       .script = [](BrokerConnection& connection) { connection.read_plain(); },
       .arguments = {kOnce, "--endpoint", "host.invalid"}, .exit_code = 75, .kind = "proxy-refused",
       .message = {"closed the connection without a response"}, .hint = {"CONNECT"}},
      {.name = "proxy knows no Basic", .server = good(),
       .script = saying("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
              "proxy-authenticate: NTLM, Digest realm=\"a, Basic\", nonce=\"x\"\r\n\r\n"),
       .arguments = {"--endpoint", "host.invalid"}, .exit_code = 77, .kind = "proxy-authentication",
       .message = {"authenticates by Negotiate, NTLM, Digest only"}, .hint = {"enable Basic authentication"}},
      {.name = "proxy is silent", .server = good(),
       .script = [](BrokerConnection& connection) { connection.wait_for_close(); },
       .arguments = {kOnce, "--endpoint", "host.invalid", "--request-timeout=0.3"}, .exit_code = 75,
       .kind = "proxy-refused", .message = {"did not answer CONNECT"}, .hint = {"proxy"}},
  };
  for (const char* endpoint : {"data-ats.iot-fips.us-east-1.amazonaws.com", "data.iot-fips.us-gov-west-1.amazonaws.com",
                               "abc123.ats.iot.cn-north-1.amazonaws.com.cn", kAwsName}) {
    rows.push_back({.name = std::string("endpoint taken: ") + endpoint, .server = good(),
       .script = saying("HTTP/1.1 403 Forbidden\r\n\r\n"), .arguments = {kOnce, "--endpoint", endpoint},
       .exit_code = 75, .kind = "proxy-refused", .message = {endpoint}, .hint = {"CONNECT"}});
  }
  for (Row& each : rows) each.arguments.emplace_back("--proxy=http://127.0.0.1:PORT");
  return rows;
}

std::vector<Row> other_rows() {
  std::vector<Row> rows{
      {.name = "nobody listens", .arguments = {kOnce, "--endpoint", "127.0.0.1:1"}, .exit_code = 75,
       .kind = "connection-refused", .message = {"cannot connect to 127.0.0.1, port 1: connection refused"},
       .hint = {"nothing listens there"}},
      {.name = "nobody is the proxy",
       .arguments = {kOnce, "--endpoint", "host.invalid", "--proxy", "http://127.0.0.1:1"}, .exit_code = 75,
       .kind = "connection-refused", .message = {"cannot reach the proxy: cannot connect to 127.0.0.1, port 1"},
       .hint = {"--proxy and https_proxy"}},
      {.name = "the proxy has no address",
       .arguments = {kOnce, "--endpoint", "host.invalid", "--proxy", "http://proxy.invalid:1"}, .exit_code = 75,
       .kind = "dns", .message = {"cannot reach the proxy: cannot resolve proxy.invalid"},
       .hint = {"--proxy and https_proxy"}},
      {.name = "no trusted roots", .server = good(), .script = swallow, .arguments = {"--ca-file="}, .exit_code = 77,
       .kind = "no-trust-store", .message = {"neither /nowhere/ca.pem nor /nowhere/certs"},
       .hint = {"ca-certificates", "--ca-file"},
       .environment = {"SSL_CERT_FILE=/nowhere/ca.pem", "SSL_CERT_DIR=/nowhere/certs"}},
  };
  if (!is_installed("faketime")) {
    FP_NOT_TRIED("faketime is not installed: the rows of wrong clocks are left out");
    return rows;
  }
  const auto at = [](const char* time) {
    return std::vector<std::string>{"/usr/bin/faketime", "-f", time};
  };
  const std::vector<std::string> steady{"DONT_FAKE_MONOTONIC=1"};
  rows.push_back({.name = "clock before the build", .server = good(), .script = swallow, .arguments = {"--timeout=1"},
       .exit_code = 75, .kind = "clock-not-set",
       .message = {"the clock says 2001-02-03T", "Z", "before this program was built ("}, .hint = {"set the clock"},
       .environment = steady, .before = at("@2001-02-03 04:05:06"), .claim = "old-claim"});
  rows.push_back({.name = "clock before the claim", .server = good(), .script = swallow, .arguments = {"--timeout=1"},
       .exit_code = 75, .kind = "clock-not-set",
       .message = {"the clock says 2001-02-03T", "before the claim certificate becomes valid ("},
       .hint = {"set the clock"}, .environment = steady, .before = at("@2001-02-03 04:05:06")});
  rows.push_back({.name = "clock far ahead", .server = good(), .script = swallow, .exit_code = 65,
                  .kind = "claim-expired",
       .message = {"expired at 20", "the local time is 2060-02-03T"}, .hint = {"set the clock"}, .environment = steady,
       .before = at("@2060-02-03 04:05:06")});
  return rows;
}

// clang-format on

struct Judged {
  std::string name;
  ToolRun run;
  std::vector<std::string> faults;
};

void expect_parts(const std::string& text, const std::vector<std::string>& parts, Judged& judged) {
  for (const std::string& each : parts) {
    if (text.find(each) == std::string::npos) judged.faults.push_back("lacks: " + each);
  }
}

bool is_retryable(const ToolRun& run) {
  return run.result.is_object() && run.result.at("error").is_object() &&
         run.result.at("error").value("retryable", false);
}

/// The style rules for every message and hint.
void expect_style(const std::string& text, Judged& judged) {
  if (text.empty()) judged.faults.emplace_back("says nothing");
  if (text.ends_with('.')) judged.faults.push_back("ends with a full stop: " + text);
  if (text.starts_with("The ") || text.starts_with("You ")) judged.faults.push_back("begins in upper case: " + text);
}

Judged try_row(const Row& row, const TemporaryDirectory& files) {
  std::optional<ScriptedBroker> broker;
  if (row.server) broker.emplace(*row.server, row.script);
  const std::string port = std::to_string(broker ? broker->port() : 0);
  TemporaryDirectory state;
  std::vector<std::string> arguments{"--claim-cert", files / row.claim + ".pem",
                                     "--claim-key",  files / row.claim + ".key",
                                     "--template",   "gateway",
                                     "--state-dir",  state / "state"};
  const auto given = [&row](const std::string& option) {
    return std::any_of(row.arguments.begin(), row.arguments.end(),
                       [&](const std::string& each) { return each.rfind(option, 0) == 0; });
  };
  if (!given("--endpoint")) arguments.push_back("--endpoint=localhost:" + port);
  if (!given("--ca-file")) arguments.push_back("--ca-file=" + files / "ca.pem");
  for (std::string each : row.arguments) {
    if (each == "--ca-file=") continue;
    if (const std::size_t at = each.find("PORT"); at != std::string::npos) each.replace(at, 4, port);
    arguments.push_back(std::move(each));
  }
  arguments.emplace_back("--json");
  Judged judged{row.name, run_tool(arguments, {.environment = row.environment, .before = row.before}), {}};
  const ToolRun& run = judged.run;
  if (run.exit_code != row.exit_code) judged.faults.push_back("exit code " + std::to_string(run.exit_code));
  if (run.error_text("kind") != row.kind) judged.faults.push_back("kind " + run.error_text("kind"));
  if (is_retryable(run) != (row.exit_code == 75)) judged.faults.emplace_back("retryable is wrong");
  expect_parts(run.error_text("message"), row.message, judged);
  expect_parts(run.error_text("hint"), row.hint, judged);
  expect_style(run.error_text("message"), judged);
  expect_style(run.error_text("hint"), judged);
  return judged;
}

/// Runs the rows in parallel and returns the results in the order of `rows`. Only the caller's thread makes assertions.
std::vector<Judged> try_all(const std::vector<Row>& rows, const TemporaryDirectory& files) {
  std::vector<Judged> all(rows.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < kSideBySide; ++i) {
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::size_t row = next++; row < rows.size(); row = next++) all[row] = try_row(rows[row], files);
    }));
  }
  for (std::future<void>& each : workers) each.get();
  return all;
}

}  // namespace

TEST_CASE("each cause is reported by its exit code, its kind, its facts and what to do") {
  TemporaryDirectory files;
  files.write("ca.pem", pki().root());
  CertificateWish wish;
  for (const char* name : {"claim", "old-claim"}) {
    const IssuedCertificate claim = pki().issue(wish);
    files.write(std::string(name) + ".pem", claim.certificate);
    files.write(std::string(name) + ".key", claim.key);
    wish.valid_from = -20L * 365 * 86'400;
  }
  std::vector<Row> rows;
  for (auto* part : {tls_rows, configuration_rows, mqtt_rows, proxy_rows, other_rows}) {
    std::vector<Row> some = part();
    std::move(some.begin(), some.end(), std::back_inserter(rows));
  }
  for (const Judged& judged : try_all(rows, files)) {
    const ToolRun& run = judged.run;
    const std::string kind = run.error_text("kind");
    const std::string message = run.error_text("message");
    const std::string hint = run.error_text("hint");
    if (std::getenv("SHOW_CAUSES") != nullptr) {
      std::printf("%s: %d %s\n  %s\n  hint: %s\n", judged.name.c_str(), run.exit_code, kind.c_str(), message.c_str(),
                  hint.c_str());
    }
    INFO(judged.name << "\n" << kind << ": " << message << "\nhint: " << hint << "\n" << run.err);
    for (const std::string& fault : judged.faults) FAIL_CHECK(fault);
    CHECK(judged.faults.empty());
  }
}
