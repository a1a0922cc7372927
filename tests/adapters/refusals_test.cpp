// Refusals, malformed packets and closed connections of a broker at each step of an exchange: the error names the cause
// and the step.
#include <chrono>

#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// The broker's responses to CONNECT, SUBSCRIBE and PUBLISH; without a response the script ends.
struct Answers {
  std::function<std::string(bool v5)> to_connect;
  std::function<std::string(bool v5, const std::string& packet)> to_subscribe;
  std::function<std::string(bool v5, const std::string& packet)> to_publish;
};

std::string grant(bool v5) {
  return connack(v5);
}
std::string grant_all(bool v5, const std::string& packet) {
  return suback(v5, packet, {1, 1, 1, 1});
}

ScriptedBroker::Script script(const Answers& answers) {
  return [answers](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const std::string connect = connection.packet();
    if (connect.empty() || !answers.to_connect) return;
    const bool v5 = is_v5(connect);
    connection.send(answers.to_connect(v5));
    const std::string subscribe = connection.packet();
    if (type_of(subscribe) != 8 || !answers.to_subscribe) return;
    connection.send(answers.to_subscribe(v5, subscribe));
    const std::string request = connection.packet();
    if (type_of(request) != 3 || !answers.to_publish) return;
    connection.send(answers.to_publish(v5, request));
    connection.packet();
  };
}

struct Row {
  std::string name;
  bool v5;
  Answers answers;
  ErrorKind kind;
  std::optional<Phase> phase;
  std::string said;
};

std::function<std::string(bool)> refuse(int code) {
  return [code](bool v5) { return connack(v5, code); };
}
std::function<std::string(bool, const std::string&)> codes(const std::vector<int>& list) {
  return [list](bool v5, const std::string& packet) { return suback(v5, packet, list); };
}
std::function<std::string(bool, const std::string&)> bytes(const std::string& text) {
  return [text](bool, const std::string&) { return text; };
}
std::function<std::string(bool, const std::string&)> refuse_publish(int code) {
  return [code](bool v5, const std::string& packet) { return puback(v5, packet, code); };
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"closed after CONNECT", true, {}, kConnectionLost, Phase::kMqtt, "CONNECT as client gateway-1"},
      {"CONNACK 5", false, {refuse(5), {}, {}}, kPolicyConnect, Phase::kMqtt, "CONNACK 5 (not authorized)"},
      {"CONNACK 135", true, {refuse(135), {}, {}}, kPolicyConnect, Phase::kMqtt, "CONNACK 135 (not authorized)"},
      {"CONNACK of 3.1.1 for 5",
       true,
       {[](bool) { return connack(false, 1); }, {}, {}},
       kMqttVersionRefused,
       Phase::kMqtt,
       "version"},
      {"CONNACK 132", true, {refuse(132), {}, {}}, kMqttVersionRefused, Phase::kMqtt, "132"},
      {"CONNACK 3", false, {refuse(3), {}, {}}, kServerUnavailable, Phase::kMqtt, "unavailable"},
      {"CONNACK 159", true, {refuse(159), {}, {}}, kThrottled, Phase::kMqtt, "159"},
      {"malformed CONNACK",
       false,
       {[](bool) { return std::string("\x20\x03\0\0\0", 5); }, {}, {}},
       kMalformedAnswer,
       Phase::kMqtt,
       "CONNACK"},
      {"two CONNACKs at once",
       true,
       {[](bool v5) { return connack(v5) + connack(v5); }, {}, {}},
       kMalformedAnswer,
       std::nullopt,
       "second CONNACK"},
      {"not MQTT",
       true,
       {[](bool) { return std::string("HTTP/1.1 400 Bad Request\r\n\r\n"); }, {}, {}},
       kMalformedAnswer,
       Phase::kMqtt,
       "HTTP/1.1 400 Bad Request"},
      {"DISCONNECT instead of CONNACK",
       true,
       {[](bool) { return disconnect(137); }, {}, {}},
       kDisconnectedByServer,
       Phase::kMqtt,
       "137 (server busy)"},
      {"closed after SUBSCRIBE", false, {grant, {}, {}}, kConnectionLost, Phase::kSubscribe, "SUBSCRIBE"},
      {"all filters refused, 3.1.1",
       false,
       {grant, codes({0x80, 0x80, 0x80, 0x80}), {}},
       kPolicySubscribe,
       Phase::kSubscribe,
       "t/create/accepted"},
      {"one filter refused, 5",
       true,
       {grant, codes({1, 1, 135, 1}), {}},
       kPolicySubscribe,
       Phase::kSubscribe,
       "t/register/accepted"},
      {"quota", true, {grant, codes({151, 151, 151, 151}), {}}, kThrottled, Phase::kSubscribe, "quota"},
      {"one code for four filters, 3.1.1",
       false,
       {grant, codes({1}), {}},
       kMalformedAnswer,
       Phase::kSubscribe,
       "1 codes for 4"},
      {"one refusing code for four filters, 3.1.1",
       false,
       {grant, codes({0x80}), {}},
       kMalformedAnswer,
       Phase::kSubscribe,
       "1 codes for 4"},
      {"two codes for four filters",
       true,
       {grant, codes({1, 1}), {}},
       kMalformedAnswer,
       Phase::kSubscribe,
       "2 codes for 4"},
      {"SUBACK of another id",
       false,
       {grant, bytes(std::string("\x90\x06\x77\x77\x01\x01\x01\x01", 8)), {}},
       kMalformedAnswer,
       Phase::kSubscribe,
       "no SUBSCRIBE had"},
      {"DISCONNECT 135 at SUBSCRIBE",
       true,
       {grant, bytes(disconnect(135)), {}},
       kPolicySubscribe,
       Phase::kSubscribe,
       "135"},
      {"DISCONNECT 142",
       true,
       {grant, bytes(disconnect(142)), {}},
       kSessionTakenOver,
       Phase::kSubscribe,
       "142 (session taken over)"},
      {"closed after PUBLISH", false, {grant, grant_all, {}}, kConnectionLost, std::nullopt, "closed the connection"},
      {"PUBACK 135", true, {grant, grant_all, refuse_publish(135)}, kPolicyPublish, std::nullopt, "t/create"},
      {"PUBACK 151", true, {grant, grant_all, refuse_publish(151)}, kThrottled, std::nullopt, "quota"},
      {"DISCONNECT 135 at PUBLISH",
       true,
       {grant, grant_all, bytes(disconnect(135))},
       kPolicyPublish,
       std::nullopt,
       "135"},
      {"DISCONNECT 149",
       true,
       {grant, grant_all, bytes(disconnect(149))},
       kDisconnectedByServer,
       std::nullopt,
       "packet too large"},
      {"200 MB declared",
       false,
       {grant, grant_all, bytes(std::string("\x30\x80\xA8\xD6\x5F", 5) + "..........")},
       kMalformedAnswer,
       std::nullopt,
       "declares"},
      {"noise",
       true,
       {grant, grant_all, bytes("\xFF\xFF\xFF\xFF\xFF\xFF")},
       kMalformedAnswer,
       std::nullopt,
       "malformed"},
  };
  return all;
}

}  // namespace

TEST_CASE("each refusal at each step is reported with its cause") {
  for (const Row& row : rows()) {
    INFO(row.name);
    ScriptedBroker broker(broker_options(), script(row.answers));
    TransportFixture fixture(broker.port());
    fixture.request.mqtt_version = row.v5 ? MqttVersion::k5 : MqttVersion::k311;
    const auto session = fixture.connect();
    const auto answer = exchange(*session);
    session->close();
    REQUIRE_FALSE(answer);
    const Error& error = answer.error();
    INFO(word(error.kind) << ": " << error.message << " / " << error.hint);
    CHECK(error.kind == row.kind);
    CHECK(error.phase == row.phase);
    CHECK(error.message.find(row.said) != std::string::npos);
    CHECK_FALSE(error.hint.empty());
    if (row.kind == kConnectionLost) CHECK(error.closed_after);
  }
}

TEST_CASE("a refusal and a close name the server, the client and the certificate that was used") {
  for (const bool identity : {true, false}) {
    for (const bool closes : {true, false}) {
      ScriptedBroker broker(broker_options(), script(closes ? Answers{} : Answers{refuse(135), {}, {}}));
      TransportFixture fixture(broker.port());
      PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
      const IssuedCertificate issued = pki().claim();
      DeviceKey key;
      key.pem = Secret(issued.key);
      if (identity) {
        REQUIRE(transport.use_identity({issued.certificate, key}));
      } else {
        REQUIRE(transport.load_credentials());
      }
      const auto session = transport.connect(fixture.request);
      const auto established = session->established();
      REQUIRE_FALSE(established);
      // No step is tried after an error.
      CHECK(session->subscribe({"t"}).error().kind == established.error().kind);
      CHECK(session->publish("t", "").error().kind == established.error().kind);
      CHECK(fixture.observer.phases().ends_with("+mqtt"));
      session->close();
      const auto& [message, hint] = std::pair(established.error().message, established.error().hint);
      INFO(message << " / " << hint);
      if (closes) {
        CHECK(message.starts_with("localhost (127.0.0.1), port " + std::to_string(broker.port()) +
                                  " closed the connection "));
      } else {
        CHECK(hint.find("\"Resource\":\"arn:aws:iot:REGION:ACCOUNT:client/gateway-1\"") != std::string::npos);
      }
      CHECK((hint.find("the identity's certificate") != std::string::npos) == identity);
      CHECK((hint.find("the claim certificate") != std::string::npos) != identity);
    }
  }
}

TEST_CASE("an answer that came before the connection was lost is still an answer") {
  for (int run = 0; run < 20; ++run) {
    ScriptedBroker broker(broker_options(), [](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      const bool v5 = is_v5(connection.packet());
      connection.send(connack(v5));
      connection.send(grant_all(v5, connection.packet()));
      connection.packet();
      connection.send(publish(v5, "t/create/accepted", "{}"));
      connection.cut();
    });
    TransportFixture fixture(broker.port());
    fixture.request.mqtt_version = run % 2 == 0 ? MqttVersion::k5 : MqttVersion::k311;
    const auto session = fixture.connect();
    const auto answer = exchange(*session);
    INFO((answer ? "" : answer.error().message));
    REQUIRE(answer);
    CHECK(answer->payload.reveal() == "{}");
    const auto next = session->receive(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    REQUIRE_FALSE(next);
    CHECK(next.error().kind == kConnectionLost);
    session->close();
  }
}

TEST_CASE("an answer before the PUBACK, and one without a PUBACK, are answers") {
  const bool acknowledged = GENERATE(true, false);
  ScriptedBroker broker(broker_options(), [acknowledged](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    const bool v5 = is_v5(connection.packet());
    connection.send(connack(v5));
    connection.send(grant_all(v5, connection.packet()));
    const std::string request = connection.packet();
    connection.send(publish(v5, "t/create/accepted", "{}", 9) + (acknowledged ? puback(v5, request) : ""));
    while (!connection.packet().empty()) {
    }
  });
  TransportFixture fixture(broker.port());
  const auto session = fixture.connect();
  CHECK(exchange(*session));
  session->close();
  INFO(fixture.observer.details());
  CHECK(fixture.observer.details().find("> DISCONNECT") != std::string::npos);
}
