// The transport against a scripted server: whole exchanges, the cause of every refusal, the deadline of every wait
// without a response, and the interrupt of every wait.
#include <openssl/ssl.h>

#include <chrono>
#include <utility>

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

TEST_CASE("the keep-alive is twice the request timeout, between one and twenty minutes") {
  struct Row {
    int timeout;
    unsigned keep_alive;
  };
  for (const Row& row : {Row{1, 60}, Row{30, 60}, Row{31, 62}, Row{599, 1198}, Row{600, 1200}, Row{601, 1200}}) {
    std::string connect;
    {
      ScriptedBroker broker(broker_options(), [&connect](BrokerConnection& connection) {
        if (!connection.shake_hands()) return;
        connect = connection.packet();
        connection.send(connack(true));
        connection.wait_for_close();
      });
      TransportFixture fixture(broker.port());
      fixture.request.request_timeout = std::chrono::seconds(row.timeout);
      const auto session = fixture.connect();
      REQUIRE(session->established());
      session->close();
    }
    REQUIRE(connect.size() > 11);
    CHECK(static_cast<unsigned char>(connect[10]) * 256U + static_cast<unsigned char>(connect[11]) == row.keep_alive);
  }
}

TEST_CASE("responses are subscribed to and requests published with QoS 1, and nothing is retained") {
  std::string subscribe;
  std::string request;
  {
    ScriptedBroker broker(broker_options(), [&](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connection.packet();
      connection.send(connack(false));
      subscribe = connection.packet();
      connection.send(granting_suback(false, subscribe));
      request = connection.packet();
      connection.send(puback(false, request));
      connection.send(publish(false, "t/create/accepted", "{}", 7));
      connection.wait_for_close();
    });
    TransportFixture fixture(broker.port());
    fixture.request.mqtt_version = MqttVersion::k311;
    const auto session = fixture.connect();
    CHECK(exchange(*session));
    CHECK(session->acknowledged() == true);
    session->close();
  }
  REQUIRE_FALSE(request.empty());
  CHECK(static_cast<unsigned>(request[0]) == 0x32);
  CHECK(payload_of(false, request) == "{\"secret\":\"4711\"}");
  for (const std::string& topic : answer_topics()) {
    const std::size_t at = subscribe.find(topic);
    REQUIRE(at != std::string::npos);
    CHECK(static_cast<int>(subscribe[at + topic.size()]) == 1);
  }
}

TEST_CASE("a session that is destroyed says DISCONNECT") {
  std::string last;
  {
    ScriptedBroker broker(broker_options(), [&last](BrokerConnection& connection) {
      if (!connection.shake_hands()) return;
      connection.send(connack(is_v5(connection.packet())));
      last = connection.packet();
    });
    TransportFixture fixture(broker.port());
    CHECK(fixture.connect()->established());
  }
  CHECK(type_of(last) == 14);
}

TEST_CASE("a session without credentials fails at every step") {
  ScriptedBroker broker(broker_options(), serve);
  TransportFixture fixture(broker.port());
  PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
  const auto fails = [&] {
    const auto session = transport.connect(fixture.request);
    for (const ErrorKind kind :
         {session->established().error().kind, session->subscribe({"t"}).error().kind,
          session->publish("t", "").error().kind, session->receive(fixture.request.run_deadline).error().kind}) {
      CHECK(kind == ErrorKind::kInternal);
    }
    session->close();
  };
  fails();
  REQUIRE(transport.load_credentials());
  {
    const auto session = transport.connect(fixture.request);
    CHECK(session->established());
    session->close();
  }
  transport.forget_credentials();
  fails();
  CHECK(broker.connections() == 1);
}

TEST_CASE("roots alone are enough for a server that asks for no certificate, and replace no credentials") {
  for (const bool with_claim : {true, false}) {
    BrokerOptions options = broker_options();
    if (!with_claim) options.client_root.clear();
    ScriptedBroker broker(options, serve);
    TransportFixture fixture(broker.port());
    PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
    if (with_claim) REQUIRE(transport.load_credentials());
    REQUIRE(transport.load_roots());
    const auto session = transport.connect(fixture.request);
    CHECK(exchange(*session));
    session->close();
  }
}

TEST_CASE("credentials that cannot be used belong to the phase in which they are loaded") {
  TransportFixture fixture(1);
  fixture.options.ca_file = "/none/ca.pem";
  PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
  const IssuedCertificate claim = pki().claim();
  PemCredentials pem;
  pem.certificate_pem = claim.certificate;
  pem.key_pem = Secret(claim.key);
  for (const Error& error :
       {transport.load_credentials().error(), transport.use_credentials(pem).error(), transport.load_roots().error()}) {
    CHECK(error.kind == ErrorKind::kFileNotFound);
    CHECK(error.phase == Phase::kLoad);
  }
}

TEST_CASE("credentials may come from PEM that was read already, and an identity needs its key") {
  ScriptedBroker broker(broker_options(), serve);
  TransportFixture fixture(broker.port());
  PahoTransport transport(std::move(fixture.options), fixture.interrupt, fixture.observer);
  const IssuedCertificate claim = pki().claim();
  const DeviceKey none;
  const auto keyless = transport.use_identity({claim.certificate, none});
  REQUIRE_FALSE(keyless);
  CHECK(keyless.error().kind == ErrorKind::kDeviceKeyUnusable);
  PemCredentials pem;
  pem.certificate_pem = claim.certificate;
  pem.key_pem = Secret(claim.key);
  const auto facts = transport.use_credentials(pem);
  REQUIRE(facts);
  CHECK(facts->subject == "CN=test claim");
  const auto session = transport.connect(fixture.request);
  CHECK(exchange(*session));
  session->close();
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
