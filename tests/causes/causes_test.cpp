// What the real program says of servers, proxies and clocks that are not as they should be: one row a cause, each with
// its exit code, its kind, the facts that the message must hold and the thing to do that the hint must hold.
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

/// Most rows wait; more of them at a time would crowd two cores.
constexpr std::size_t kSideBySide = 6;

/// Answers CONNECT by what `answer` makes, then waits for the client to go.
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

/// Lets the client in, and does with its SUBSCRIBE what `act` does.
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
// A row of these tables is a line or two, not one for each of its columns.
// clang-format off

std::vector<Row> mqtt_rows() {
  return {
      {"closed before CONNACK", good(), swallow, {"--client-id", "gateway-1"}, 77, "policy-connect",
       {"CONNECT as client gateway-1", "three times in succession"},
       {"ACTIVE", "account and region", "policy attached", "iot:Connect on client/gateway-1"}},
      {"not authorized, MQTT 5", good(), refusing(135), {"--client-id", "gateway-1"}, 77, "policy-connect",
       {"CONNACK 135 (not authorized)", "gateway-1"},
       {R"("Action":"iot:Connect")", "arn:aws:iot:REGION:ACCOUNT:client/gateway-1", "ACTIVE"}},
      {"not authorized, MQTT 3.1.1", good(), refusing(5), {"--mqtt-version", "3.1.1"}, 77, "policy-connect",
       {"CONNACK 5 (not authorized)"}, {"iot:Connect on client/fleet-provision-*: add "}},
      {"no version is taken", good(), answering_connect([](bool v5) { return connack(v5, v5 ? 132 : 1); }), {}, 77,
       "mqtt-version-refused", {"CONNACK 1 (unacceptable protocol version)"}, {"--mqtt-version"}},
      {"bad client id", good(), refusing(133), {"--client-id", "gateway-1"}, 77, "connection-rejected",
       {"CONNACK 133 (client identifier not valid)"}, {"client id", "gateway-1"}},
      {"busy", good(), refusing(137), {kOnce}, 75, "server-unavailable", {"CONNACK 137 (server busy)"}, {"again"}},
      {"no CONNACK", good(), [](BrokerConnection& connection) {
         if (connection.shake_hands() && !connection.packet().empty()) connection.packet();
       }, {kOnce, "--request-timeout=0.5"}, 75, "no-answer", {"no CONNACK within 500 ms"}, {"ALPN"}},
      {"Receive Maximum 0", good(),
       answering_connect([](bool) { return std::string("\x20\x06\x00\x00\x03\x21\x00\x00", 8); }), {}, 76,
       "malformed-answer", {"CONNACK with Receive Maximum 0"}, {"endpoint"}},
      {"Maximum QoS 0", good(),
       answering_connect([](bool) { return std::string("\x20\x05\x00\x00\x02\x24\x00", 7); }), {}, 77,
       "connection-rejected", {"Maximum QoS 0"}, {"allow QoS 1"}},
      {"Maximum Packet Size too small", good(),
       answering_connect([](bool) { return std::string("\x20\x08\x00\x00\x05\x27\x00\x00\x00\x64", 10); }), {},
       77, "connection-rejected", {"at most 100 bytes (Maximum Packet Size", "SUBSCRIBE"}, {"raise the packet limit"}},
      {"not MQTT", good(), answering_connect([](bool) { return std::string("HTTP/1.1 400 Bad Request\r\n\r\n"); }), {},
       76, "malformed-answer", {"HTTP/1.1 400 Bad Request"}, {"endpoint"}},
      {"evicted again and again", good(), at_subscribe([](BrokerConnection& connection, bool, const std::string&) {
         connection.send(disconnect(142));
       }), {"--client-id", "gateway-1", "--attempts=2"}, 75, "session-taken-over", {"142 (session taken over)"},
       {"another device connected with client id gateway-1"}},
      {"subscribe denied, MQTT 5", good(),
       at_subscribe([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(suback(v5, packet, {1, 135, 1, 1}));
       }), {}, 77, "policy-subscribe",
       {"$aws/certificates/create-from-csr/json/rejected", "SUBACK 135 (not authorized)"},
       {R"({"Effect":"Allow","Action":"iot:Subscribe","Resource":"arn:aws:iot:REGION:ACCOUNT:topicfilter/)"
        R"($aws/certificates/create-from-csr/json/rejected"})"}},
      {"closed at SUBSCRIBE", good(), at_subscribe([](BrokerConnection& connection, bool, const std::string&) {
         connection.cut();
       }), {"--mqtt-version", "3.1.1", "--client-id", "gateway-1"}, 77, "policy-subscribe",
       {"after SUBSCRIBE", "three times in succession"},
       {"topicfilter/$aws/certificates/create-from-csr/json/accepted (topicfilter/, not topic/): add ",
        "uses the client ID gateway-1"}},
      {"publish denied, MQTT 5", good(),
       at_publish([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(puback(v5, packet, 135));
         connection.packet();
       }), {}, 77, "policy-publish", {"$aws/certificates/create-from-csr/json", "PUBACK 135"},
       {"iot:Publish on topic/$aws/certificates/create-from-csr/json"}},
      {"closed at PUBLISH", good(), at_publish([](BrokerConnection& connection, bool, const std::string&) {
         connection.cut();
       }), {"--mqtt-version", "3.1.1"}, 77, "policy-publish", {"three times in succession"},
       {"iot:Publish on topic/$aws/certificates/create-from-csr/json"}},
      {"receive denied", good(),
       at_publish([](BrokerConnection& connection, bool v5, const std::string& packet) {
         connection.send(puback(v5, packet));
         connection.packet();
       }), {kOnce, "--request-timeout=0.5"}, 75, "no-answer",
       {"no response to CreateCertificateFromCsr on $aws/certificates/create-from-csr/json/accepted", "within 500 ms"},
       {"iot:Receive on topic/$aws/certificates/create-from-csr/json/accepted", "throttled"}},
  };
}

/// The server of these is a proxy, which is asked for an endpoint that nobody resolves.
std::vector<Row> proxy_rows() {
  std::vector<Row> rows{
      {"proxy refuses", good(), saying("HTTP/1.1 403 Forbidden\r\n\r\n"), {kOnce, "--endpoint", "host.invalid"}, 75,
       "proxy-refused", {"proxy 127.0.0.1:", "host.invalid:8883", "403 Forbidden"}, {"must allow CONNECT"}},
      {"proxy has no way", good(), saying("HTTP/1.1 502 Bad Gateway\r\n\r\n"), {kOnce, "--endpoint", "host.invalid"}, 75,
       "proxy-refused", {"proxy 127.0.0.1:", "host.invalid:8883", "502 Bad Gateway"}, {"does not reach"}},
      {"proxy wants credentials", good(), saying("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
       {"--endpoint", "host.invalid"}, 77, "proxy-authentication", {"407 Proxy Authentication Required"},
       {"--proxy-password-file"}},
      {"not a proxy", good(), saying("220 mail ready\r\n"), {"--endpoint", "host.invalid"}, 77, "not-a-proxy",
       {"it said: 220 mail ready"}, {"--proxy"}},
      {"proxy closes", good(), [](BrokerConnection& connection) { connection.read_plain(); },
       {kOnce, "--endpoint", "host.invalid"}, 75, "proxy-refused", {"closed the connection without a response"},
       {"CONNECT"}},
      {"proxy knows no Basic", good(),
       saying("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
              "proxy-authenticate: NTLM, Digest realm=\"a, Basic\", nonce=\"x\"\r\n\r\n"),
       {"--endpoint", "host.invalid"}, 77, "proxy-authentication", {"authenticates by Negotiate, NTLM, Digest only"},
       {"only Basic is supported"}},
      {"proxy is silent", good(), [](BrokerConnection& connection) { connection.wait_for_close(); },
       {kOnce, "--endpoint", "host.invalid", "--request-timeout=0.3"}, 75, "proxy-refused", {"did not answer CONNECT"},
       {"proxy"}},
  };
  for (const char* endpoint : {"data-ats.iot-fips.us-east-1.amazonaws.com", "data.iot-fips.us-gov-west-1.amazonaws.com",
                               "abc123.ats.iot.cn-north-1.amazonaws.com.cn", kAwsName}) {
    rows.push_back({std::string("endpoint taken: ") + endpoint, good(), saying("HTTP/1.1 403 Forbidden\r\n\r\n"),
                    {kOnce, "--endpoint", endpoint}, 75, "proxy-refused", {endpoint}, {"CONNECT"}});
  }
  for (Row& each : rows) each.arguments.emplace_back("--proxy=http://127.0.0.1:PORT");
  return rows;
}

std::vector<Row> other_rows() {
  std::vector<Row> rows{
      {"nobody listens", std::nullopt, {}, {kOnce, "--endpoint", "127.0.0.1:1"}, 75, "connection-refused",
       {"cannot connect to 127.0.0.1, port 1: connection refused"}, {"nothing listens there"}},
      {"nobody is the proxy", std::nullopt, {}, {kOnce, "--endpoint", "host.invalid", "--proxy", "http://127.0.0.1:1"},
       75, "connection-refused",
       {"cannot reach the proxy: cannot connect to 127.0.0.1, port 1"}, {"--proxy and https_proxy"}},
      {"the proxy has no address", std::nullopt, {},
       {kOnce, "--endpoint", "host.invalid", "--proxy", "http://proxy.invalid:1"}, 75, "dns",
       {"cannot reach the proxy: cannot resolve proxy.invalid"}, {"--proxy and https_proxy"}},
      {"no trusted roots", good(), swallow, {"--ca-file="}, 77, "no-trust-store",
       {"neither /nowhere/ca.pem nor /nowhere/certs"}, {"ca-certificates", "--ca-file"},
       {"SSL_CERT_FILE=/nowhere/ca.pem", "SSL_CERT_DIR=/nowhere/certs"}},
  };
  if (!is_installed("faketime")) {
    FP_NOT_TRIED("faketime is not installed: the rows of wrong clocks are left out");
    return rows;
  }
  const auto at = [](const char* time) {
    return std::vector<std::string>{"/usr/bin/faketime", "-f", time};
  };
  const std::vector<std::string> steady{"DONT_FAKE_MONOTONIC=1"};
  rows.push_back({"clock before the build", good(), swallow, {"--timeout=1"}, 75, "clock-not-set",
                  {"the clock says 2001-02-03T", "Z", "before this program was built ("}, {"set the clock"}, steady,
                  at("@2001-02-03 04:05:06"), "old-claim"});
  rows.push_back({"clock before the claim", good(), swallow, {"--timeout=1"}, 75, "clock-not-set",
                  {"the clock says 2001-02-03T", "before the claim certificate becomes valid ("}, {"set the clock"},
                  steady, at("@2001-02-03 04:05:06")});
  rows.push_back({"clock far ahead", good(), swallow, {}, 65, "claim-expired",
                  {"expired at 20", "the local time is 2060-02-03T"}, {"set the clock"}, steady,
                  at("@2060-02-03 04:05:06")});
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

/// What holds for the style of every message and hint.
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

/// Side by side, told in the order of `rows`. Assertions are for the caller's thread.
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

TEST_CASE("each cause is told by its exit code, its kind, its facts and what to do") {
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
