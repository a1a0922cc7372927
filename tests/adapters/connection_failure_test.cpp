// The errors of a connection that was not established, or that the server closed without a reason.
#include "adapters/mqtt/connection_failure.hpp"

#include <optional>
#include <string>

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

using enum ErrorKind;

const ConnectionPeer kServer{"localhost, port 8883", 8883, ""};
const Milliseconds kSoon{7};

MqttStep step_of(const std::vector<std::string>& filters = {}, const std::string& topic = "") {
  MqttStep step;
  step.client_id = "gateway-1";
  step.phase = Phase::kSubscribe;
  step.filters = filters;
  step.topic = topic;
  return step;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a close at each step names the packet before it and the statement that may be missing") {
  struct Row {
    ConnectionStage stage;
    MqttStep step;
    std::optional<Phase> phase;
    std::string packet;
    std::string hint;
  };
  MqttStep publishing = step_of({"t/1"}, "t/2");
  publishing.phase = Phase::kCreate;
  const Row rows[] = {
      {ConnectionStage::kConnecting, step_of({"t/1"}, "t/2"), Phase::kMqtt, "CONNECT as client gateway-1",
       "check that the claim certificate is ACTIVE"},
      {ConnectionStage::kSubscribing, step_of({"t/1"}, "t/2"), Phase::kSubscribe, "SUBSCRIBE to t/1",
       "unless the network failed, the claim's policy must allow iot:Subscribe on topicfilter/t/1"},
      {ConnectionStage::kSubscribing, step_of({"t/1", "t/\x1b"}), Phase::kSubscribe, "SUBSCRIBE",
       "unless the network failed, one of these subscriptions was denied: topicfilter/t/1, topicfilter/t/\\x1b; run "},
      {ConnectionStage::kSubscribing, step_of({"t/1", "t/2", "t/3"}), Phase::kSubscribe, "SUBSCRIBE",
       "unless the network failed, one of these subscriptions was denied: topicfilter/t/1, topicfilter/t/2, "
       "topicfilter/t/3; run "},
      {ConnectionStage::kSubscribed, step_of({"t/1"}), std::nullopt, "our last packet", "check the network connection"},
      {ConnectionStage::kSubscribed, publishing, std::nullopt, "our last packet, the request on t/2",
       "unless the network failed, the claim's policy must allow iot:Publish on topic/t/2"},
  };
  for (const Row& row : rows) {
    INFO(row.packet);
    const Error error = closed_by_server(row.stage, row.step, kServer, kSoon);
    CHECK(error.kind == kConnectionLost);
    CHECK(error.phase == row.phase);
    CHECK(error.closed_after == kSoon);
    CHECK(error.message ==
          "localhost, port 8883 closed the connection 7 ms after " + row.packet + ", without saying why");
    INFO(error.hint);
    CHECK(error.hint.starts_with(row.hint));
  }
}

TEST_CASE("only on port 443 is a missing ALPN protocol suspected") {
  struct Row {
    std::uint16_t port;
    std::string alpn;
    bool suspected;
  };
  for (const Row& row : {Row{443, "", true}, Row{443, "x-amzn-mqtt-ca", false}, Row{442, "", false},
                         Row{444, "", false}, Row{8883, "", false}, Row{8883, "x-amzn-mqtt-ca", false}}) {
    INFO(row.port << row.alpn);
    const Error error =
        closed_by_server(ConnectionStage::kConnecting, step_of(), {"localhost", row.port, row.alpn}, kSoon);
    CHECK(error.hint.starts_with("on port 443 AWS IoT needs ALPN x-amzn-mqtt-ca: omit --alpn; otherwise, check") ==
          row.suspected);
    CHECK(error.hint.starts_with("check that the claim certificate is ACTIVE") != row.suspected);
    CHECK(has(error.hint, "iot:Connect on client/gateway-1"));
  }
}

TEST_CASE("a server that does not answer is named with the step and the limit") {
  const Error never = not_connected(kServer);
  CHECK(never.kind == kNoAnswer);
  CHECK(never.phase == Phase::kMqtt);
  CHECK(never.message == "no connection to localhost, port 8883 was established in time");
  const Error connack = no_connack(kServer, "within 5 s");
  CHECK(connack.kind == kNoAnswer);
  CHECK(connack.phase == Phase::kMqtt);
  CHECK(connack.message == "localhost, port 8883 completed the TLS handshake but sent no CONNACK within 5 s");
  const Error suback = no_suback(kServer, "within 5 s");
  CHECK(suback.kind == kNoAnswer);
  CHECK(suback.phase == Phase::kSubscribe);
  CHECK(suback.message == "localhost, port 8883 sent no SUBACK within 5 s");
  const Error early = server_spoke_first(kServer);
  CHECK(early.kind == kMalformedAnswer);
  CHECK_FALSE(early.phase);
  CHECK(early.message == "localhost, port 8883 sent data before our CONNECT");
  CHECK(has(early.hint, "--endpoint and --port"));
}

TEST_CASE("an error before the proxy is reached is about the proxy, unless the run was ended") {
  struct Row {
    ErrorKind kind;
    bool ended;
  };
  for (const Row& row : {Row{kDns, false}, Row{kConnectionRefused, false}, Row{kInternal, false},
                         Row{kInterrupted, true}, Row{kTerminated, true}}) {
    const Error error = on_the_way_to_proxy(fail(row.kind, "the cause", "the hint").value());
    CHECK(error.kind == row.kind);
    CHECK(error.message == (row.ended ? "the cause" : "cannot reach the proxy: the cause"));
    CHECK((error.hint == "the hint") == row.ended);
    CHECK(has(error.hint, "check that the proxy is up") != row.ended);
  }
}
