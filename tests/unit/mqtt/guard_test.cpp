// The guard lets exactly the packets through that were asked for and are whole, however they are cut into pieces.
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
struct Bench {
  MqttGuard guard;
  std::vector<char> approved;
  std::vector<MqttPacket> seen;

  explicit Bench(bool v5)
      : Bench(v5 ? kConnect5 + kSubscribe5 + kPublish5 : kConnect311 + kSubscribe311 + kPublish311) {}
  explicit Bench(const std::string& sent) {
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
    Bench bench(v5);
    CHECK_FALSE(Bench(v5).inbound(bytes({0xD0, 0})));
    REQUIRE(bench.inbound(connack));
    CHECK(std::string(bench.approved.begin(), bench.approved.end()) == connack);
    CHECK_FALSE(bench.inbound(connack));
  }
  MqttGuard silent;
  std::vector<char> approved;
  std::vector<MqttPacket> seen;
  CHECK_FALSE(silent.inbound(kConnack5, approved, seen));
}

TEST_CASE("each malformed CONNACK is refused") {
  const std::vector<Row> rows{
      {"refused, 3.1.1", false, bytes({0x20, 2, 0, 5}), true},
      {"refused, 5, in the form of 3.1.1", true, bytes({0x20, 2, 0, 1}), true},
      {"refused, 5, with a reason", true, bytes({0x20, 9, 0, 135, 6, 31, 0, 3, 'w', 'h', 'y'}), true},
      {"granted, 5, without properties", true, bytes({0x20, 2, 0, 0}), false},
      {"too short", false, bytes({0x20, 1, 0}), false},
      {"empty", true, bytes({0x20, 0}), false},
      {"too long", false, bytes({0x20, 3, 0, 0, 0}), false},
      {"flags", false, bytes({0x20, 2, 2, 0}), false},
      {"reserved header flags", false, bytes({0x21, 2, 0, 0}), false},
      {"properties longer than the packet", true, bytes({0x20, 3, 0, 0, 9}), false},
      {"unknown property", true, bytes({0x20, 5, 0, 0, 2, 99, 0}), false},
      {"trailing bytes", true, bytes({0x20, 4, 0, 0, 0, 1}), false},
      {"not MQTT, refused at its first byte", true, "H", false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(Bench(row.v5).inbound(row.packet).has_value() == row.good);
  }
}

TEST_CASE("after CONNACK only what was asked for goes on") {
  const std::vector<Row> rows{
      {"SUBACK", true, bytes({0x90, 5, 0, 9, 0, 1, 135}), true},
      {"SUBACK", false, bytes({0x90, 4, 0, 9, 1, 0x80}), true},
      {"SUBACK, one code for two filters", false, bytes({0x90, 3, 0, 9, 1}), false},
      {"SUBACK, three codes for two filters", true, bytes({0x90, 6, 0, 9, 0, 1, 1, 1}), false},
      {"SUBACK, no code", false, bytes({0x90, 2, 0, 9}), false},
      {"SUBACK, another id", false, bytes({0x90, 4, 0, 8, 1, 1}), false},
      {"SUBACK, impossible code", false, bytes({0x90, 4, 0, 9, 1, 3}), false},
      {"SUBACK, code of MQTT 5 in 3.1.1", false, bytes({0x90, 4, 0, 9, 1, 135}), false},
      {"SUBACK, empty", false, bytes({0x90, 0}), false},
      {"PUBACK", false, bytes({0x40, 2, 0, 5}), true},
      {"PUBACK with a code", true, bytes({0x40, 3, 0, 5, 135}), true},
      {"PUBACK with properties", true, bytes({0x40, 4, 0, 5, 16, 0}), true},
      {"PUBACK too short", false, bytes({0x40, 1, 0}), false},
      {"PUBACK too long", false, bytes({0x40, 3, 0, 5, 0}), false},
      {"PUBLISH, QoS 0", false, bytes({0x30, 5, 0, 1, 'a', 'x', 'y'}), true},
      {"PUBLISH, QoS 1", true, bytes({0x32, 7, 0, 1, 'a', 0, 3, 0, 'x'}), true},
      {"PUBLISH, QoS 1, id 0", false, bytes({0x32, 5, 0, 1, 'a', 0, 0}), false},
      {"PUBLISH, QoS 2", false, bytes({0x34, 5, 0, 1, 'a', 0, 3}), false},
      {"PUBLISH, QoS 3", false, bytes({0x36, 5, 0, 1, 'a', 0, 3}), false},
      {"PUBLISH, no topic", false, bytes({0x30, 2, 0, 0}), false},
      {"PUBLISH, wildcard topic", false, bytes({0x30, 3, 0, 1, '#'}), false},
      {"PUBLISH, topic longer than the packet", false, bytes({0x30, 4, 0, 9, 'a', 'b'}), false},
      {"PUBLISH, topic not UTF-8", false, bytes({0x30, 3, 0, 1, 0xFF}), false},
      {"PUBLISH, topic alias", true, bytes({0x30, 7, 0, 1, 'a', 3, 35, 0, 1}), false},
      {"PINGRESP", true, bytes({0xD0, 0}), true},
      {"PINGRESP with a body", true, bytes({0xD0, 1, 0}), false},
      {"DISCONNECT", true, bytes({0xE0, 1, 142}), true},
      {"DISCONNECT, empty", true, bytes({0xE0, 0}), true},
      {"DISCONNECT in 3.1.1", false, bytes({0xE0, 0}), false},
      {"UNSUBACK", true, bytes({0xB0, 3, 0, 9, 0}), false},
      {"PUBREL", false, bytes({0x62, 2, 0, 5}), false},
      {"CONNECT", false, kConnect311, false},
      {"AUTH", true, bytes({0xF0, 0}), false},
      {"type 0", false, bytes({0x00, 0}), false},
      {"length of five bytes", false, bytes({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1}), false},
  };
  for (const Row& row : rows) {
    INFO(row.name << (row.v5 ? ", MQTT 5" : ", MQTT 3.1.1"));
    Bench bench(row.v5);
    REQUIRE(bench.inbound(row.v5 ? kConnack5 : kConnack311));
    if (row.name.starts_with("PUBLISH")) REQUIRE(bench.inbound(row.v5 ? kSuback5 : kSuback311));
    if (row.name.starts_with("PINGRESP")) REQUIRE(bench.guard.outbound(kPingreq, bench.seen));
    bench.approved.clear();
    const auto result = bench.inbound(row.packet);
    CHECK(result.has_value() == row.good);
    if (!result) CHECK(result.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(std::string(bench.approved.begin(), bench.approved.end()) == (row.good ? row.packet : ""));
  }
}

TEST_CASE("codes are told with the filters and topics they belong to") {
  Bench bench(true);
  REQUIRE(bench.inbound(kConnack5 + bytes({0x90, 5, 0, 9, 0, 1, 135}) + bytes({0x40, 3, 0, 5, 135})));
  REQUIRE(bench.seen.size() == 3);
  CHECK(bench.seen[1].filters == std::vector<std::string>{"a", "b"});
  CHECK(bench.seen[1].codes == std::vector<std::uint8_t>{1, 135});
  CHECK(bench.seen[2].topic == "t");
  CHECK(bench.seen[2].codes == std::vector<std::uint8_t>{135});
}

TEST_CASE("a PUBACK that answers nothing is told and kept from the library") {
  Bench bench(false);
  REQUIRE(bench.inbound(kConnack311));
  bench.approved.clear();
  REQUIRE(bench.inbound(bytes({0x40, 2, 0, 77})));
  CHECK(bench.approved.empty());
  CHECK(bench.seen.back().type == MqttPacketType::kPuback);
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
    Bench bench(true);
    const auto result = bench.inbound(row.packet);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == row.kind);
    CHECK(result.error().message.find(row.said) != std::string::npos);
    CHECK(bench.approved.empty());
  }
  for (const std::string& packet : {bytes({0x20, 6, 0, 0, 3, 33, 0, 1}), bytes({0x20, 5, 0, 0, 2, 36, 1}),
                                    bytes({0x20, 8, 0, 0, 5, 39, 0, 0, 1, 0})}) {
    CHECK(Bench(true).inbound(packet).has_value());
  }
}

TEST_CASE("our packet over the server's Maximum Packet Size is not sent") {
  for (const bool fits : {true, false}) {
    Bench bench(true);
    const auto limit = static_cast<int>(kPublish5.size()) - (fits ? 0 : 1);
    REQUIRE(bench.inbound(bytes({0x20, 8, 0, 0, 5, 39, 0, 0, 0, limit})));
    const auto sent = bench.guard.outbound(kPublish5, bench.seen);
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
    Bench bench(false);
    REQUIRE(bench.inbound(kConnack311 + bytes({0x90, 4, 0, 9, 1, 0x80})));
    bench.approved.clear();
    for (std::size_t i = 0; i < kUnexpectedPacketsMax; ++i) REQUIRE(bench.inbound(packet));
    CHECK(bench.approved.empty());
    CHECK(bench.seen.back().unexpected);
    const auto last = bench.inbound(packet);
    REQUIRE_FALSE(last);
    CHECK(last.error().kind == ErrorKind::kMalformedAnswer);
    CHECK(last.error().message.find("no request asked for") != std::string::npos);
  }
}

TEST_CASE("a PUBLISH before the SUBACK or before a request is kept from the library") {
  Bench early(false);
  REQUIRE(early.inbound(kConnack311));
  early.approved.clear();
  REQUIRE(early.inbound(kMessageOfA));
  CHECK(early.approved.empty());

  Bench unasked(kConnect311 + kSubscribe311);
  REQUIRE(unasked.inbound(kConnack311 + kSuback311));
  unasked.approved.clear();
  REQUIRE(unasked.inbound(kMessageOfA));
  CHECK(unasked.approved.empty());
  REQUIRE(unasked.guard.outbound(kPublish311, unasked.seen));
  REQUIRE(unasked.inbound(kMessageOfA));
  CHECK(unasked.approved.size() == kMessageOfA.size());
}

TEST_CASE("one request has a number of answers, and a number of bytes in them") {
  Bench bench(false);
  REQUIRE(bench.inbound(kConnack311 + kSuback311));
  for (int request = 0; request < 3; ++request) {
    for (std::size_t i = 0; i < kAnswersMax; ++i) REQUIRE(bench.inbound(kMessageOfA));
    REQUIRE(bench.guard.outbound(kPublish311, bench.seen));
  }
  for (std::size_t i = 0; i < kAnswersMax; ++i) REQUIRE(bench.inbound(kMessageOfA));
  CHECK_FALSE(bench.inbound(kMessageOfA));

  Bench large(false);
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
  Bench bench(true);
  REQUIRE(bench.inbound(kConnack5 + bytes({0xE0, 1, 142})));
  CHECK_FALSE(bench.inbound(bytes({0xE0, 1, 142})));
}

TEST_CASE("a packet over the limit ends at its header") {
  Bench bench(false);
  REQUIRE(bench.inbound(kConnack311));
  const auto result = bench.inbound(bytes({0x30, 0x80, 0x80, 0x80, 0x60}));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kMalformedAnswer);

  // 128 KiB of payload pass, one byte more does not.
  for (const std::size_t payload : {kMqttPayloadBytesMax, kMqttPayloadBytesMax + 1}) {
    Bench other(false);
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
    Bench bench(true);
    for (std::size_t i = 0; i < stream.size(); i += piece) REQUIRE(bench.inbound(stream.substr(i, piece)));
    CHECK(std::string(bench.approved.begin(), bench.approved.end()) == stream);
    CHECK(bench.seen.size() == 5);
  }
}

TEST_CASE("no bytes make it crash, and it approves only what it was given") {
  // The same noise each time.
  std::mt19937 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  const std::string alphabet = kConnack5 + kPublish5 + bytes({0x90, 5, 0, 9, 0, 1, 1, 0x30, 0xFF, 0x7F, 31, 38});
  for (int run = 0; run < 5'000; ++run) {
    Bench bench(run % 2 == 0);
    if (run % 3 != 0) REQUIRE(bench.inbound(run % 2 == 0 ? kConnack5 : kConnack311));
    const std::size_t before = bench.approved.size();
    std::string noise;
    for (auto i = random() % 24; i > 0; --i) noise += alphabet[random() % alphabet.size()];
    if (random() % 2 == 0 && !noise.empty()) noise[random() % noise.size()] = static_cast<char>(random());
    [[maybe_unused]] const auto result = bench.inbound(noise);
    CHECK(bench.approved.size() - before <= noise.size());
  }
}
