// The transport against a scripted server: whole exchanges, the cause of every refusal, the deadline of every wait
// without a response, and the interrupt of every wait.
#include <openssl/ssl.h>

#include <chrono>

#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("each connection starts without what the server kept of an earlier one") {
  const MqttVersion version = GENERATE(MqttVersion::k5, MqttVersion::k311);
  std::string connect;
  {
    ScriptedBroker broker(broker_options(), [&connect, version](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connect = connection.packet();
      connection.send(connack(version == MqttVersion::k5));
      connection.wait_for_close();
    });
    TransportFixture fixture(broker.port());
    fixture.request.mqtt_version = version;
    const auto session = fixture.connect();
    REQUIRE(session->established());
    session->close();
  }
  // Fixed header, "MQTT" with its length, the version, the flags (MQTT 5.0 and 3.1.1, section 3.1.2).
  REQUIRE(connect.size() > 9);
  CHECK(static_cast<unsigned>(connect[9]) == 0x02);
}

TEST_CASE("an exchange works in both MQTT versions and both TLS versions") {
  const MqttVersion version = GENERATE(MqttVersion::k5, MqttVersion::k311);
  const int tls = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  BrokerOptions options = broker_options();
  options.tls_version = tls;
  ScriptedBroker broker(options, serve);
  TransportFixture fixture(broker.port());
  fixture.request.mqtt_version = version;
  const auto session = fixture.connect();
  const auto facts = session->established();
  REQUIRE(facts);
  CHECK(facts->mqtt_version == version);
  CHECK(facts->tls_version == (tls == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
  REQUIRE(session->subscribe(answer_topics()));
  for (const std::string topic : {"t/create", "t/register"}) {
    REQUIRE(session->publish(topic, "{\"secret\":\"4711\"}"));
    const auto answer = session->receive(std::chrono::steady_clock::now() + std::chrono::seconds(5));
    REQUIRE(answer);
    CHECK(answer->topic == topic + "/accepted");
    CHECK(answer->payload.reveal() == "{}");
  }
  session->close();
  INFO(fixture.observer.details());
  CHECK(fixture.observer.phases() == "+resolve -resolve +tcp -tcp +tls -tls +mqtt -mqtt +subscribe -subscribe");
  CHECK(fixture.observer.details().find("> DISCONNECT") != std::string::npos);
  CHECK(fixture.observer.details().find("4711") == std::string::npos);
}
