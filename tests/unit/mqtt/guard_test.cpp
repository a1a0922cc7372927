// The guard forwards exactly the whole, expected packets, however the bytes are divided.
#include "mqtt/guard.hpp"

#include <random>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/mqtt/bytes.hpp"

using namespace fleet_provision;
using fleet_provision::test::bytes;

namespace {

const std::string kConnect5 = bytes({0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 3, 'i', 'd', '1'});
const std::string kConnect311 = bytes({0x10, 15, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 3, 'i', 'd', '1'});
const std::string kSubscribe5 = bytes({0x82, 11, 0, 9, 0, 0, 1, 'a', 1, 0, 1, 'b', 1});
const std::string kSubscribe311 = bytes({0x82, 10, 0, 9, 0, 1, 'a', 1, 0, 1, 'b', 1});
const std::string kPublish5 = bytes({0x32, 6, 0, 1, 't', 0, 5, 0});
const std::string kPublish311 = bytes({0x32, 5, 0, 1, 't', 0, 5});
const std::string kConnack5 = bytes({0x20, 3, 0, 0, 0});
const std::string kConnack311 = bytes({0x20, 2, 0, 0});
const std::string kSuback5 = bytes({0x90, 5, 0, 9, 0, 1, 1});
const std::string kSuback311 = bytes({0x90, 4, 0, 9, 1, 1});
const std::string kPingreq = bytes({0xC0, 0});
const std::string kMessageOfA = bytes({0x30, 4, 0, 1, 'a', 'x'});

/// A guard that has seen CONNECT, SUBSCRIBE (id 9, two filters) and PUBLISH (id 5, topic t).
struct GuardFixture {
  MqttGuard guard;
  std::vector<char> approved;
  std::vector<MqttPacket> seen;

  explicit GuardFixture(bool v5)
      : GuardFixture(v5 ? kConnect5 + kSubscribe5 + kPublish5 : kConnect311 + kSubscribe311 + kPublish311) {}
  explicit GuardFixture(const std::string& sent) {
    REQUIRE(guard.outbound(sent, seen));
    seen.clear();
  }
  Result<void> inbound(const std::string& text) { return guard.inbound(text, approved, seen); }
};

struct Row {
  std::string name;
  bool v5;
  std::string packet;
  bool good;
};

}  // namespace

TEST_CASE("what our side sends is noted") {
  MqttGuard guard;
  std::vector<MqttPacket> seen;
  REQUIRE(guard.outbound(kConnect311 + kSubscribe311, seen));
  CHECK(guard.version() == MqttVersion::k311);
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].type == MqttPacketType::kSubscribe);
  CHECK(seen[1].packet_id == 9);
  CHECK(seen[1].filters == std::vector<std::string>{"a", "b"});
  CHECK(seen[1].size == kSubscribe311.size());
}

TEST_CASE("the first packet is a CONNACK, once") {
  for (const bool v5 : {true, false}) {
    const std::string connack = v5 ? kConnack5 : kConnack311;
    GuardFixture fixture(v5);
    CHECK_FALSE(GuardFixture(v5).inbound(bytes({0xD0, 0})));
    REQUIRE(fixture.inbound(connack));
    CHECK(std::string(fixture.approved.begin(), fixture.approved.end()) == connack);
    CHECK_FALSE(fixture.inbound(connack));
  }
  MqttGuard silent;
  std::vector<char> approved;
  std::vector<MqttPacket> seen;
  CHECK_FALSE(silent.inbound(kConnack5, approved, seen));
}

TEST_CASE("each malformed CONNACK is refused") {
  const std::vector<Row> rows{
      {.name = "refused, 3.1.1", .v5 = false, .packet = bytes({0x20, 2, 0, 5}), .good = true},
      {.name = "refused, 5, in the form of 3.1.1", .v5 = true, .packet = bytes({0x20, 2, 0, 1}), .good = true},
      {.name = "refused, 5, with a reason",
       .v5 = true,
       .packet = bytes({0x20, 9, 0, 135, 6, 31, 0, 3, 'w', 'h', 'y'}),
       .good = true},
      {.name = "granted, 5, without properties", .v5 = true, .packet = bytes({0x20, 2, 0, 0}), .good = false},
      {.name = "too short", .v5 = false, .packet = bytes({0x20, 1, 0}), .good = false},
      {.name = "empty", .v5 = true, .packet = bytes({0x20, 0}), .good = false},
      {.name = "too long", .v5 = false, .packet = bytes({0x20, 3, 0, 0, 0}), .good = false},
      {.name = "flags", .v5 = false, .packet = bytes({0x20, 2, 2, 0}), .good = false},
      {.name = "reserved header flags", .v5 = false, .packet = bytes({0x21, 2, 0, 0}), .good = false},
      {.name = "properties longer than the packet", .v5 = true, .packet = bytes({0x20, 3, 0, 0, 9}), .good = false},
      {.name = "unknown property", .v5 = true, .packet = bytes({0x20, 5, 0, 0, 2, 99, 0}), .good = false},
      {.name = "trailing bytes", .v5 = true, .packet = bytes({0x20, 4, 0, 0, 0, 1}), .good = false},
      {.name = "not MQTT, refused at its first byte", .v5 = true, .packet = "H", .good = false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(GuardFixture(row.v5).inbound(row.packet).has_value() == row.good);
  }
}

TEST_CASE("after CONNACK only what was asked for goes on") {
  const std::vector<Row> rows{
      {.name = "SUBACK", .v5 = true, .packet = bytes({0x90, 5, 0, 9, 0, 1, 135}), .good = true},
      {.name = "SUBACK", .v5 = false, .packet = bytes({0x90, 4, 0, 9, 1, 0x80}), .good = true},
      {.name = "SUBACK, one code for two filters", .v5 = false, .packet = bytes({0x90, 3, 0, 9, 1}), .good = false},
      {.name = "SUBACK, three codes for two filters",
       .v5 = true,
       .packet = bytes({0x90, 6, 0, 9, 0, 1, 1, 1}),
       .good = false},
      {.name = "SUBACK, no code", .v5 = false, .packet = bytes({0x90, 2, 0, 9}), .good = false},
      {.name = "SUBACK, another id", .v5 = false, .packet = bytes({0x90, 4, 0, 8, 1, 1}), .good = false},
      {.name = "SUBACK, impossible code", .v5 = false, .packet = bytes({0x90, 4, 0, 9, 1, 3}), .good = false},
      {.name = "SUBACK, code of MQTT 5 in 3.1.1", .v5 = false, .packet = bytes({0x90, 4, 0, 9, 1, 135}), .good = false},
      {.name = "SUBACK, empty", .v5 = false, .packet = bytes({0x90, 0}), .good = false},
      {.name = "PUBACK", .v5 = false, .packet = bytes({0x40, 2, 0, 5}), .good = true},
      {.name = "PUBACK with a code", .v5 = true, .packet = bytes({0x40, 3, 0, 5, 135}), .good = true},
      {.name = "PUBACK with properties", .v5 = true, .packet = bytes({0x40, 4, 0, 5, 16, 0}), .good = true},
      {.name = "PUBACK too short", .v5 = false, .packet = bytes({0x40, 1, 0}), .good = false},
      {.name = "PUBACK too long", .v5 = false, .packet = bytes({0x40, 3, 0, 5, 0}), .good = false},
      {.name = "PUBLISH, QoS 0", .v5 = false, .packet = bytes({0x30, 5, 0, 1, 'a', 'x', 'y'}), .good = true},
      {.name = "PUBLISH, QoS 1", .v5 = true, .packet = bytes({0x32, 7, 0, 1, 'a', 0, 3, 0, 'x'}), .good = true},
      {.name = "PUBLISH, QoS 1, id 0", .v5 = false, .packet = bytes({0x32, 5, 0, 1, 'a', 0, 0}), .good = false},
      {.name = "PUBLISH, QoS 2", .v5 = false, .packet = bytes({0x34, 5, 0, 1, 'a', 0, 3}), .good = false},
      {.name = "PUBLISH, QoS 3", .v5 = false, .packet = bytes({0x36, 5, 0, 1, 'a', 0, 3}), .good = false},
      {.name = "PUBLISH, no topic", .v5 = false, .packet = bytes({0x30, 2, 0, 0}), .good = false},
      {.name = "PUBLISH, wildcard topic", .v5 = false, .packet = bytes({0x30, 3, 0, 1, '#'}), .good = false},
      {.name = "PUBLISH, topic longer than the packet",
       .v5 = false,
       .packet = bytes({0x30, 4, 0, 9, 'a', 'b'}),
       .good = false},
      {.name = "PUBLISH, topic not UTF-8", .v5 = false, .packet = bytes({0x30, 3, 0, 1, 0xFF}), .good = false},
      {.name = "PUBLISH, topic alias", .v5 = true, .packet = bytes({0x30, 7, 0, 1, 'a', 3, 35, 0, 1}), .good = false},
      {.name = "PINGRESP", .v5 = true, .packet = bytes({0xD0, 0}), .good = true},
      {.name = "PINGRESP with a body", .v5 = true, .packet = bytes({0xD0, 1, 0}), .good = false},
      {.name = "DISCONNECT", .v5 = true, .packet = bytes({0xE0, 1, 142}), .good = true},
      {.name = "DISCONNECT, empty", .v5 = true, .packet = bytes({0xE0, 0}), .good = true},
      {.name = "DISCONNECT in 3.1.1", .v5 = false, .packet = bytes({0xE0, 0}), .good = false},
      {.name = "UNSUBACK", .v5 = true, .packet = bytes({0xB0, 3, 0, 9, 0}), .good = false},
      {.name = "PUBREL", .v5 = false, .packet = bytes({0x62, 2, 0, 5}), .good = false},
      {.name = "CONNECT", .v5 = false, .packet = kConnect311, .good = false},
      {.name = "AUTH", .v5 = true, .packet = bytes({0xF0, 0}), .good = false},
      {.name = "type 0", .v5 = false, .packet = bytes({0x00, 0}), .good = false},
      {.name = "length of five bytes", .v5 = false, .packet = bytes({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1}), .good = false},
  };
  for (const Row& row : rows) {
    INFO(row.name << (row.v5 ? ", MQTT 5" : ", MQTT 3.1.1"));
    GuardFixture fixture(row.v5);
    REQUIRE(fixture.inbound(row.v5 ? kConnack5 : kConnack311));
    if (row.name.starts_with("PUBLISH")) REQUIRE(fixture.inbound(row.v5 ? kSuback5 : kSuback311));
    if (row.name.starts_with("PINGRESP")) REQUIRE(fixture.guard.outbound(kPingreq, fixture.seen));
    fixture.approved.clear();
    const auto result = fixture.inbound(row.packet);
    CHECK(result.has_value() == row.good);
    if (!result) CHECK(result.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(std::string(fixture.approved.begin(), fixture.approved.end()) == (row.good ? row.packet : ""));
  }
}

TEST_CASE("codes are reported with the filters and topics they belong to") {
  GuardFixture fixture(true);
  REQUIRE(fixture.inbound(kConnack5 + bytes({0x90, 5, 0, 9, 0, 1, 135}) + bytes({0x40, 3, 0, 5, 135})));
  REQUIRE(fixture.seen.size() == 3);
  CHECK(fixture.seen[1].filters == std::vector<std::string>{"a", "b"});
  CHECK(fixture.seen[1].codes == std::vector<std::uint8_t>{1, 135});
  CHECK(fixture.seen[2].topic == "t");
  CHECK(fixture.seen[2].codes == std::vector<std::uint8_t>{135});
}

TEST_CASE("a PUBACK that answers nothing is reported and kept from the library") {
  GuardFixture fixture(false);
  REQUIRE(fixture.inbound(kConnack311));
  fixture.approved.clear();
  REQUIRE(fixture.inbound(bytes({0x40, 2, 0, 77})));
  CHECK(fixture.approved.empty());
  CHECK(fixture.seen.back().type == MqttPacketType::kPuback);
}

TEST_CASE("a CONNACK that makes the exchange impossible is named") {
  struct Named {
    std::string packet;
    std::string said;
    ErrorKind kind = ErrorKind::kMalformedAnswer;
  };
  const std::vector<Named> rows{
      {bytes({0x20, 6, 0, 0, 3, 33, 0, 0}), "Receive Maximum 0"},
      {bytes({0x20, 8, 0, 0, 5, 39, 0, 0, 0, 0}), "Maximum Packet Size 0"},
      {bytes({0x20, 5, 0, 0, 2, 36, 2}), "Maximum QoS 2"},
      {bytes({0x20, 5, 0, 0, 2, 36, 0}), "Maximum QoS 0", ErrorKind::kConnectionRejected},
      {bytes({0x20, 3, 1, 0, 0}), "an old session"},
  };
  for (const Named& row : rows) {
    INFO(row.said);
    GuardFixture fixture(true);
    const auto result = fixture.inbound(row.packet);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == row.kind);
    CHECK(result.error().message.find(row.said) != std::string::npos);
    CHECK(fixture.approved.empty());
  }
  for (const std::string& packet : {bytes({0x20, 6, 0, 0, 3, 33, 0, 1}), bytes({0x20, 5, 0, 0, 2, 36, 1}),
                                    bytes({0x20, 8, 0, 0, 5, 39, 0, 0, 1, 0})}) {
    CHECK(GuardFixture(true).inbound(packet).has_value());
  }
}

TEST_CASE("our packet over the server's Maximum Packet Size is not sent") {
  for (const bool fits : {true, false}) {
    GuardFixture fixture(true);
    const auto limit = static_cast<int>(kPublish5.size()) - (fits ? 0 : 1);
    REQUIRE(fixture.inbound(bytes({0x20, 8, 0, 0, 5, 39, 0, 0, 0, limit})));
    const auto sent = fixture.guard.outbound(kPublish5, fixture.seen);
    CHECK(sent.has_value() == fits);
    CHECK((sent || sent.error().kind == ErrorKind::kConnectionRejected));
  }
}

TEST_CASE("unexpected packets are not passed to the library, and too many end the connection") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"PINGRESP", bytes({0xD0, 0})},
      {"PUBACK", bytes({0x40, 2, 0, 77})},
      {"PUBLISH on a topic that was refused", bytes({0x30, 4, 0, 1, 'b', 'x'})},
      {"PUBLISH on another topic", bytes({0x30, 4, 0, 1, 'z', 'x'})},
  };
  for (const auto& [name, packet] : rows) {
    INFO(name);
    GuardFixture fixture(false);
    REQUIRE(fixture.inbound(kConnack311 + bytes({0x90, 4, 0, 9, 1, 0x80})));
    fixture.approved.clear();
    for (std::size_t i = 0; i < kUnexpectedPacketsMax; ++i) REQUIRE(fixture.inbound(packet));
    CHECK(fixture.approved.empty());
    CHECK(fixture.seen.back().unexpected);
    const auto last = fixture.inbound(packet);
    REQUIRE_FALSE(last);
    CHECK(last.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(last.error().message.find("no request asked for") != std::string::npos);
  }
}

TEST_CASE("a PUBLISH before the SUBACK or before a request is kept from the library") {
  GuardFixture early(false);
  REQUIRE(early.inbound(kConnack311));
  early.approved.clear();
  REQUIRE(early.inbound(kMessageOfA));
  CHECK(early.approved.empty());

  GuardFixture unasked(kConnect311 + kSubscribe311);
  REQUIRE(unasked.inbound(kConnack311 + kSuback311));
  unasked.approved.clear();
  REQUIRE(unasked.inbound(kMessageOfA));
  CHECK(unasked.approved.empty());
  REQUIRE(unasked.guard.outbound(kPublish311, unasked.seen));
  REQUIRE(unasked.inbound(kMessageOfA));
  CHECK(unasked.approved.size() == kMessageOfA.size());
}

TEST_CASE("one request has a number of answers, and a number of bytes in them") {
  GuardFixture fixture(false);
  REQUIRE(fixture.inbound(kConnack311 + kSuback311));
  for (int request = 0; request < 3; ++request) {
    for (std::size_t i = 0; i < kAnswersMax; ++i) REQUIRE(fixture.inbound(kMessageOfA));
    REQUIRE(fixture.guard.outbound(kPublish311, fixture.seen));
  }
  for (std::size_t i = 0; i < kAnswersMax; ++i) REQUIRE(fixture.inbound(kMessageOfA));
  CHECK_FALSE(fixture.inbound(kMessageOfA));

  GuardFixture large(false);
  REQUIRE(large.inbound(kConnack311 + kSuback311));
  const std::size_t left = kMqttPayloadBytesMax + 3;
  std::string packet = bytes({0x30, static_cast<int>(left % 128) | 0x80, static_cast<int>(left / 128 % 128) | 0x80,
                              static_cast<int>(left / 16384), 0, 1, 'a'});
  packet.append(kMqttPayloadBytesMax, 'x');
  std::size_t passed = 0;
  while (passed < kAnswersMax && large.inbound(packet)) ++passed;
  CHECK(passed == kAnswerBytesMax / packet.size());
}

TEST_CASE("nothing comes behind a DISCONNECT") {
  GuardFixture fixture(true);
  REQUIRE(fixture.inbound(kConnack5 + bytes({0xE0, 1, 142})));
  CHECK_FALSE(fixture.inbound(bytes({0xE0, 1, 142})));
}

TEST_CASE("a packet over the limit ends at its header") {
  GuardFixture fixture(false);
  REQUIRE(fixture.inbound(kConnack311));
  const auto result = fixture.inbound(bytes({0x30, 0x80, 0x80, 0x80, 0x60}));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kMalformedAnswer);

  // 128 KiB of payload pass, one byte more does not.
  for (const std::size_t payload : {kMqttPayloadBytesMax, kMqttPayloadBytesMax + 1}) {
    GuardFixture other(false);
    REQUIRE(other.inbound(kConnack311 + kSuback311));
    const std::size_t left = payload + 3;
    std::string packet = bytes({0x30, static_cast<int>(left % 128) | 0x80, static_cast<int>(left / 128 % 128) | 0x80,
                                static_cast<int>(left / 16384), 0, 1, 'a'});
    packet.append(payload, 'x');
    const auto passed = other.inbound(packet);
    CHECK(passed.has_value() == (payload == kMqttPayloadBytesMax));
    CHECK((passed || passed.error().message.find("the service's limit is 128 KiB") != std::string::npos));
  }
}

TEST_CASE("pieces do not matter") {
  const std::string stream = kConnack5 + bytes({0x90, 5, 0, 9, 0, 1, 1}) + bytes({0x32, 7, 0, 1, 'a', 0, 3, 0, 'x'}) +
                             bytes({0x40, 2, 0, 5}) + bytes({0xE0, 1, 142});
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    GuardFixture fixture(true);
    for (std::size_t i = 0; i < stream.size(); i += piece) REQUIRE(fixture.inbound(stream.substr(i, piece)));
    CHECK(std::string(fixture.approved.begin(), fixture.approved.end()) == stream);
    CHECK(fixture.seen.size() == 5);
  }
}

TEST_CASE("no bytes make it crash, and it approves only what it was given") {
  // A fixed seed gives the same bytes in each run.
  std::mt19937 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  const std::string alphabet = kConnack5 + kPublish5 + bytes({0x90, 5, 0, 9, 0, 1, 1, 0x30, 0xFF, 0x7F, 31, 38});
  for (int run = 0; run < 5'000; ++run) {
    GuardFixture fixture(run % 2 == 0);
    if (run % 3 != 0) REQUIRE(fixture.inbound(run % 2 == 0 ? kConnack5 : kConnack311));
    const std::size_t before = fixture.approved.size();
    std::string noise;
    for (auto i = random() % 24; i > 0; --i) noise += alphabet[random() % alphabet.size()];
    if (random() % 2 == 0 && !noise.empty()) noise[random() % noise.size()] = static_cast<char>(random());
    [[maybe_unused]] const auto result = fixture.inbound(noise);
    CHECK(fixture.approved.size() - before <= noise.size());
  }
}
