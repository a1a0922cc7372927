// The cause for every code of every packet that can report a refusal.
#include "mqtt/refusal.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

using enum ErrorKind;

MqttPacket packet(MqttPacketType type, std::vector<std::uint8_t> codes) {
  MqttPacket made;
  made.type = type;
  made.inbound = true;
  made.codes = std::move(codes);
  return made;
}

MqttStep step(Phase phase) {
  MqttStep made;
  made.client_id = "gateway-1";
  made.phase = phase;
  made.filters = {"a/accepted", "a/rejected"};
  made.topic = "a";
  return made;
}

struct Row {
  MqttVersion version;
  int code;
  std::optional<ErrorKind> kind;
};

}  // namespace

TEST_CASE("each failure of MQTT 5 has its number and name") {
  const std::vector<std::pair<int, std::string>> names{
      {128, "unspecified error"},
      {129, "malformed packet"},
      {130, "protocol error"},
      {131, "implementation specific error"},
      {132, "unsupported protocol version"},
      {133, "client identifier not valid"},
      {134, "bad user name or password"},
      {135, "not authorized"},
      {136, "server unavailable"},
      {137, "server busy"},
      {138, "banned"},
      {139, "server shutting down"},
      {140, "bad authentication method"},
      {141, "keep alive timeout"},
      {142, "session taken over"},
      {143, "topic filter invalid"},
      {144, "topic name invalid"},
      {145, "packet identifier in use"},
      {146, "packet identifier not found"},
      {147, "receive maximum exceeded"},
      {148, "topic alias invalid"},
      {149, "packet too large"},
      {150, "message rate too high"},
      {151, "quota exceeded"},
      {152, "administrative action"},
      {153, "payload format invalid"},
      {154, "retain not supported"},
      {155, "QoS not supported"},
      {156, "use another server"},
      {157, "server moved"},
      {158, "shared subscriptions not supported"},
      {159, "connection rate exceeded"},
      {160, "maximum connect time"},
      {161, "subscription identifiers not supported"},
      {162, "wildcard subscriptions not supported"},
  };
  for (const auto& [code, name] : names) {
    CHECK(reason_name(MqttPacketType::kDisconnect, MqttVersion::k5, static_cast<std::uint8_t>(code)) == name);
  }
}

TEST_CASE("CONNACK codes") {
  const std::vector<Row> rows{
      {MqttVersion::k311, 0, std::nullopt},        {MqttVersion::k311, 1, kMqttVersionRefused},
      {MqttVersion::k311, 2, kConnectionRejected}, {MqttVersion::k311, 3, kServerUnavailable},
      {MqttVersion::k311, 4, kPolicyConnect},      {MqttVersion::k311, 5, kPolicyConnect},
      {MqttVersion::k311, 7, kPolicyConnect},      {MqttVersion::k311, 9, kConnectionRejected},
      {MqttVersion::k5, 0, std::nullopt},          {MqttVersion::k5, 1, kMqttVersionRefused},
      {MqttVersion::k5, 128, kConnectionRejected}, {MqttVersion::k5, 132, kMqttVersionRefused},
      {MqttVersion::k5, 133, kConnectionRejected}, {MqttVersion::k5, 134, kPolicyConnect},
      {MqttVersion::k5, 135, kPolicyConnect},      {MqttVersion::k5, 136, kServerUnavailable},
      {MqttVersion::k5, 137, kServerUnavailable},  {MqttVersion::k5, 138, kConnectionRejected},
      {MqttVersion::k5, 151, kThrottled},          {MqttVersion::k5, 159, kThrottled},
      {MqttVersion::k5, 200, kConnectionRejected},
  };
  for (const Row& row : rows) {
    INFO(word(row.version) << " " << row.code);
    const auto error = refusal(packet(MqttPacketType::kConnack, {static_cast<std::uint8_t>(row.code)}), row.version,
                               step(Phase::kMqtt));
    REQUIRE(error.has_value() == row.kind.has_value());
    if (!error) continue;
    CHECK(error->kind == *row.kind);
    CHECK(error->phase == Phase::kMqtt);
    CHECK(error->message.find("gateway-1") != std::string::npos);
    CHECK(error->message.find(std::to_string(row.code)) != std::string::npos);
    CHECK_FALSE(error->hint.empty());
  }
}

TEST_CASE("every failure code that AWS may send has a name") {
  for (const int code : {128, 129, 130, 133, 134, 135, 139, 141, 142, 143, 144, 145, 147, 148, 151, 152, 155, 161}) {
    CHECK_FALSE(reason_name(MqttPacketType::kDisconnect, MqttVersion::k5, static_cast<std::uint8_t>(code)).empty());
  }
}

TEST_CASE("a SUBACK names the filters that were refused, and only those") {
  MqttPacket suback = packet(MqttPacketType::kSuback, {1, 135});
  suback.filters = {"a/accepted", "a/rejected"};
  const auto error = refusal(suback, MqttVersion::k5, step(Phase::kSubscribe));
  REQUIRE(error);
  CHECK(error->kind == kPolicySubscribe);
  CHECK(error->phase == Phase::kSubscribe);
  CHECK(error->hint.find("iot:Subscribe on topicfilter/a/rejected") != std::string::npos);
  CHECK(error->hint.find("a/accepted") == std::string::npos);

  suback.codes = {1, 1};
  CHECK_FALSE(refusal(suback, MqttVersion::k5, step(Phase::kSubscribe)));
  suback.codes = {0x80, 0x80};
  CHECK(refusal(suback, MqttVersion::k311, step(Phase::kSubscribe))->kind == kPolicySubscribe);
  suback.codes = {151, 151};
  CHECK(refusal(suback, MqttVersion::k5, step(Phase::kSubscribe))->kind == kThrottled);
}

TEST_CASE("a PUBACK names the topic and leaves the phase to the caller") {
  MqttPacket puback = packet(MqttPacketType::kPuback, {135});
  puback.topic = "$aws/certificates/create/json";
  const auto error = refusal(puback, MqttVersion::k5, step(Phase::kCreate));
  REQUIRE(error);
  CHECK(error->kind == kPolicyPublish);
  CHECK_FALSE(error->phase);
  CHECK(error->hint.find("iot:Publish on topic/$aws/certificates/create/json") != std::string::npos);
  puback.codes = {16};
  CHECK_FALSE(refusal(puback, MqttVersion::k5, step(Phase::kCreate)));
  puback.codes = {};
  CHECK_FALSE(refusal(puback, MqttVersion::k311, step(Phase::kCreate)));
  puback.codes = {151};
  CHECK(refusal(puback, MqttVersion::k5, step(Phase::kCreate))->kind == kThrottled);
}

TEST_CASE("a DISCONNECT is judged by its code and by what was in flight") {
  struct Case {
    int code;
    Phase phase;
    ErrorKind kind;
  };
  for (const Case& each :
       {Case{142, Phase::kSubscribe, kSessionTakenOver}, Case{135, Phase::kMqtt, kPolicyConnect},
        Case{135, Phase::kSubscribe, kPolicySubscribe}, Case{135, Phase::kCreate, kPolicyPublish},
        Case{0, Phase::kCreate, kDisconnectedByServer}, Case{139, Phase::kCreate, kDisconnectedByServer},
        Case{149, Phase::kCreate, kDisconnectedByServer}, Case{150, Phase::kCreate, kThrottled},
        Case{151, Phase::kCreate, kThrottled}, Case{152, Phase::kCreate, kDisconnectedByServer},
        Case{159, Phase::kCreate, kThrottled}, Case{160, Phase::kCreate, kDisconnectedByServer}}) {
    INFO(each.code);
    const auto error = refusal(packet(MqttPacketType::kDisconnect, {static_cast<std::uint8_t>(each.code)}),
                               MqttVersion::k5, step(each.phase));
    REQUIRE(error);
    CHECK(error->kind == each.kind);
  }
}

TEST_CASE("the server's own words are shown, but never raw") {
  MqttPacket connack = packet(MqttPacketType::kConnack, {135});
  connack.reason = "no\x1b[31m policy";
  const auto error = refusal(connack, MqttVersion::k5, step(Phase::kMqtt));
  REQUIRE(error);
  CHECK(error->message.find("no\\x1b[31m policy") != std::string::npos);
}
