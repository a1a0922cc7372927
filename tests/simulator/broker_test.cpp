// The service on a real broker: an independent client provisions itself, also with faults.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

// The number of connections that the kernel completes while no process accepts them. On loopback the result is known
// when connect() returns.
std::size_t let_in(int port, std::size_t tried) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<int> sockets;
  std::size_t count = 0;
  for (std::size_t i = 0; i < tried; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(sockets.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(sockets.back(), reinterpret_cast<sockaddr*>(&peer), &size) == 0) ++count;
  }
  for (const int each : sockets) ::close(each);
  return count;
}

}  // namespace

TEST_CASE("both methods in both encodings on both versions of MQTT") {
  const SimulatorProcess simulator;
  int serial = 0;
  for (const bool keys : {false, true}) {
    for (const std::string encoding : {"json", "cbor"}) {
      for (const int version : {4, 5}) {
        const std::string number = std::to_string(++serial);
        INFO((keys ? "keys " : "csr ") << encoding << " " << version);
        const TemporaryDirectory scratch;
        MqttClient claim(simulator, claim_of(simulator), "claim-" + number, version);
        REQUIRE(claim.connack() == 0);
        const Key key = make_ec_key();
        const std::string topic = keys ? keys_topic(encoding) : csr_topic(encoding);
        const auto created = claim.ask(
            topic, keys ? std::string() : encoded({{"certificateSigningRequest", make_csr(key.get())}}, encoding));
        REQUIRE(created);
        REQUIRE(created->topic == topic + "/accepted");
        const json answer = decoded(created->payload, encoding);
        const std::string pem = answer.at("certificatePem");
        CHECK(answer.at("certificateId") == fingerprint(certificate_from_pem(pem).get()));
        if (keys) CHECK(answer.at("privateKey").get<std::string>().rfind("-----BEGIN RSA PRIVATE KEY-----", 0) == 0);
        const auto identity =
            save_identity(scratch, pem, keys ? answer.at("privateKey").get<std::string>() : pem_of(key.get()));

        CHECK(MqttClient(simulator, identity, "gateway-" + number, version).connack() == -1);
        const auto registered = claim.ask(
            register_topic(encoding), encoded({{"certificateOwnershipToken", answer.at("certificateOwnershipToken")},
                                               {"parameters", {{"SerialNumber", number}}}},
                                              encoding));
        REQUIRE(registered);
        CHECK(decoded(registered->payload, encoding) ==
              json{{"deviceConfiguration", json::object()}, {"thingName", "gateway-" + number}});
        CHECK(MqttClient(simulator, identity, "gateway-" + number, version).connack() == 0);
      }
    }
  }
}

TEST_CASE("an answer reaches the connection that asked and no other") {
  const SimulatorProcess simulator;
  MqttClient asking(simulator, claim_of(simulator), "a", 5);
  MqttClient listening(simulator, claim_of(simulator), "b", 5);
  const std::string topic = csr_topic("json");
  CHECK(listening.subscribe({topic + "/accepted", topic + "/rejected"}) == std::vector<int>{1, 1});
  const auto answer = asking.ask(topic, "rubbish");
  REQUIRE(answer);
  CHECK(json::parse(answer->payload).at("errorCode") == "InvalidPayload");
  CHECK_FALSE(listening.receive(milliseconds(200)));
}

TEST_CASE("a request before its answers are subscribed is not answered, and logged") {
  const SimulatorProcess simulator;
  MqttClient client(simulator, claim_of(simulator), "a", 4);
  CHECK(client.publish(csr_topic("json"), "rubbish") < 128);
  CHECK_FALSE(client.receive(milliseconds(200)));
  CHECK(client.connected());
  CHECK(simulator.events().back().at("result") == "not sent: not subscribed");
}

TEST_CASE("denials: closed on MQTT 3.1.1, reason code 135 on 5") {
  const SimulatorProcess simulator;
  {
    MqttClient client(simulator, claim_of(simulator), "a", 5);
    CHECK(client.subscribe({"#", csr_topic("json") + "/accepted"}) == std::vector<int>{135, 1});
    CHECK(client.publish("other", "x") == 135);
    CHECK(client.connected());
  }
  MqttClient subscriber(simulator, claim_of(simulator), "b", 4);
  CHECK(subscriber.subscribe({"#"}).empty());
  CHECK_FALSE(subscriber.connected());
  MqttClient publisher(simulator, claim_of(simulator), "c", 4);
  CHECK(publisher.publish("other", "x") == -1);
  CHECK_FALSE(publisher.connected());
}

TEST_CASE("a persistent session comes back with its subscriptions, as the vendor's clients expect") {
  const SimulatorProcess simulator;
  for (const int version : {4, 5}) {
    const std::string id = "session-" + std::to_string(version);
    const std::string topic = csr_topic("json");
    {
      MqttClient first(simulator, claim_of(simulator), id, version, false);
      REQUIRE(first.subscribe({topic + "/accepted"}).size() == 1);
      REQUIRE(first.subscribe({topic + "/rejected"}).size() == 1);
    }
    {
      MqttClient again(simulator, claim_of(simulator), id, version, false);
      CHECK(again.publish(topic, "rubbish") < 128);
      CHECK(again.receive());
    }
    {
      MqttClient clean(simulator, claim_of(simulator), id, version, true);
      CHECK(clean.publish(topic, "rubbish") < 128);
      CHECK_FALSE(clean.receive(milliseconds(200)));
    }
    // The clean session has ended the persistent one.
    MqttClient last(simulator, claim_of(simulator), id, version, false);
    CHECK(last.publish(topic, "rubbish") < 128);
    CHECK_FALSE(last.receive(milliseconds(200)));
  }
}

TEST_CASE("faults as a client meets them") {
  const std::string topic = keys_topic("json");
  // Waits long for the expected responses and a moment for a further one.
  const auto answers = [&](const char* spec, int version, std::size_t expected, std::vector<Received>& received) {
    const SimulatorProcess simulator({"--fault", spec});
    MqttClient client(simulator, claim_of(simulator), "a", version);
    client.subscribe({topic + "/accepted", topic + "/rejected"});
    client.publish(topic, "");
    while (auto message = client.receive(milliseconds(received.size() < expected ? 5000 : 150)))
      received.push_back(*message);
    return client.connected();
  };
  struct Row {
    const char* spec;
    std::size_t answers;
    bool connected;
  };
  // A rejection needs no RSA key, so rows that only count responses use one.
  const std::vector<Row> rows{
      {.spec = "create:1:ignore", .answers = 0, .connected = true},
      {.spec = "create:1:disconnect-before", .answers = 0, .connected = false},
      {.spec = "create:1:disconnect-after", .answers = 1, .connected = false},
      {.spec = "create:1:reject=418,Teapot,short and stout", .answers = 1, .connected = true},
      {.spec = "create:1:deny", .answers = 0, .connected = true},
  };
  for (const auto& row : rows) {
    INFO(row.spec);
    std::vector<Received> received;
    CHECK(answers(row.spec, 5, row.answers, received) == row.connected);
    CHECK(received.size() == row.answers);
    if (std::string(row.spec).find("reject") != std::string::npos && !received.empty()) {
      CHECK(received[0].topic == topic + "/rejected");
      CHECK(received[0].payload == R"({"statusCode":418,"errorCode":"Teapot","errorMessage":"short and stout"})");
    }
  }
  std::vector<Received> twice;
  CHECK(answers("create:1:duplicate=3", 4, 3, twice));
  REQUIRE(twice.size() == 3);
  CHECK(twice[0].payload == twice[2].payload);
}

TEST_CASE("a delayed answer comes after its delay") {
  const SimulatorProcess simulator({"--fault", "create:1:delay=300"});
  MqttClient client(simulator, claim_of(simulator), "a", 5);
  client.subscribe({csr_topic("json") + "/rejected"});
  const auto asked = std::chrono::steady_clock::now();
  client.publish(csr_topic("json"), "rubbish");
  REQUIRE(client.receive());
  CHECK(std::chrono::steady_clock::now() - asked >= milliseconds(300));
}

TEST_CASE("connections and subscriptions can fail on purpose") {
  const SimulatorProcess simulator({"--fault", "connect:1:disconnect-before", "--fault", "connect:2:deny", "--fault",
                                    "connect:3:deny", "--fault", "subscribe:2:deny"});
  CHECK(MqttClient(simulator, claim_of(simulator), "a", 5).connack() == -1);
  CHECK(MqttClient(simulator, claim_of(simulator), "a", 5).connack() == 135);
  CHECK(MqttClient(simulator, claim_of(simulator), "a", 4).connack() == 5);
  MqttClient client(simulator, claim_of(simulator), "a", 5);
  const std::string topic = csr_topic("json");
  CHECK(client.subscribe({topic + "/accepted", topic + "/rejected"}) == std::vector<int>{1, 135});
}

TEST_CASE("what would not fit the service closes the connection") {
  const SimulatorProcess simulator;
  MqttClient client(simulator, claim_of(simulator), "a", 4);
  CHECK(client.publish(csr_topic("json"), std::string(140'000, 'x')) == -1);
}

TEST_CASE("certificates, things and tokens outlive the simulator") {
  const TemporaryDirectory state;
  const TemporaryDirectory scratch;
  const Key key = make_ec_key();
  MqttClient::Identity identity;
  json created;
  {
    const SimulatorProcess simulator({.state_dir = state.path().string()});
    MqttClient claim(simulator, claim_of(simulator), "a", 5);
    const auto answer = claim.ask(csr_topic("json"), json{{"certificateSigningRequest", make_csr(key.get())}}.dump());
    REQUIRE(answer);
    created = json::parse(answer->payload);
    identity = save_identity(scratch, created.at("certificatePem"), pem_of(key.get()));
  }
  const SimulatorProcess simulator({.state_dir = state.path().string()});
  CHECK(MqttClient(simulator, identity, "gateway-1", 5).connack() == -1);
  MqttClient claim(simulator, claim_of(simulator), "a", 5);
  const auto registered =
      claim.ask(register_topic("json"), json{{"certificateOwnershipToken", created.at("certificateOwnershipToken")},
                                             {"parameters", {{"SerialNumber", "1"}}}}
                                            .dump());
  REQUIRE(registered);
  CHECK(json::parse(registered->payload).at("thingName") == "gateway-1");
  CHECK(MqttClient(simulator, identity, "gateway-1", 5).connack() == 0);
  std::ifstream thing(state / "things/gateway-1.json");
  CHECK(json::parse(thing).at("principals") == json::array({created.at("certificateId")}));
}

TEST_CASE("a fleet that is switched on at once is let in whole, however busy the broker is") {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  std::size_t limit = 0;
  file >> limit;
  const std::size_t fleet = std::min<std::size_t>(limit, 500);
  const SimulatorProcess simulator;
  ::kill(simulator.broker(), SIGSTOP);
  const std::size_t count = let_in(simulator.port(), fleet);
  ::kill(simulator.broker(), SIGCONT);
  CHECK(count == fleet);
  CHECK(MqttClient(simulator, claim_of(simulator), "after", 5).connack() == 0);
}
