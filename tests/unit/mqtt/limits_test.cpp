// Each limit of the MQTT guard at its last accepted value and its first rejected value.
#include <string>
#include <vector>

#include "mqtt/guard.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/mqtt/bytes.hpp"

using namespace fleet_provision;
using fleet_provision::test::bytes;

namespace {

/// MQTT 5 section 1.5.5, in the fewest bytes.
std::string variable_integer(std::size_t value) {
  std::string text;
  do {
    const std::size_t part = value & 0x7F;
    value >>= 7;
    text += static_cast<char>(part | (value == 0 ? 0U : 0x80U));
  } while (value != 0);
  return text;
}

std::string packet(int first_byte, const std::string& body) {
  return std::string(1, static_cast<char>(first_byte)) + variable_integer(body.size()) + body;
}

/// A guard behind CONNECT and CONNACK, with a SUBSCRIBE (id 9, one filter) and a PUBLISH (id 5) that are not answered.
struct GuardFixture {
  MqttGuard guard;
  std::vector<char> approved;
  std::vector<MqttPacket> seen;

  explicit GuardFixture(bool v5, bool connected = true) {
    const std::string properties = v5 ? bytes({0}) : "";
    const std::string connect =
        packet(0x10, bytes({0, 4, 'M', 'Q', 'T', 'T', v5 ? 5 : 4, 2, 0, 60}) + properties + bytes({0, 1, 'i'}));
    const std::string subscribe = packet(0x82, bytes({0, 9}) + properties + bytes({0, 1, 'a', 1}));
    const std::string publish = packet(0x32, bytes({0, 1, 't', 0, 5}) + properties);
    REQUIRE(guard.outbound(connect + subscribe + publish, seen));
    if (connected) REQUIRE(inbound(packet(0x20, bytes({0, 0}) + properties)));
    seen.clear();
    approved.clear();
  }
  Result<void> inbound(const std::string& text) { return guard.inbound(text, approved, seen); }
  /// Whether the guard accepts the packet; it is forwarded unchanged unless it is unexpected.
  bool takes(const std::string& text) {
    if (!inbound(text) || seen.size() != 1) return false;
    return std::string(approved.begin(), approved.end()) == (seen[0].unexpected ? "" : text);
  }
};

struct Row {
  const char* name;
  bool v5;
  std::string packet;
  bool good;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.name << (row.v5 ? ", MQTT 5" : ", MQTT 3.1.1"));
    CHECK(GuardFixture(row.v5).takes(row.packet) == row.good);
  }
}

/// A PUBLISH of MQTT 5 with these properties and no payload.
std::string with_properties(const std::string& properties) {
  return packet(0x30, bytes({0, 1, 't'}) + variable_integer(properties.size()) + properties);
}

}  // namespace

TEST_CASE("a packet is refused by its header when it is one byte too long") {
  for (const bool too_long : {false, true}) {
    MqttFramer framer;
    const std::size_t length = kMqttPacketBytesMax - 4 + (too_long ? 1 : 0);
    const std::string header = bytes({0x30}) + variable_integer(length);
    REQUIRE(header.size() == 4);
    std::string_view rest = header;
    const auto framed = framer.next(rest);
    CHECK(framed.has_value() == !too_long);
    if (too_long) continue;
    CHECK_FALSE(framed->has_value());
    const std::string body(length, 'x');
    rest = body;
    const auto whole = framer.next(rest);
    REQUIRE(whole);
    REQUIRE(whole->has_value());
    CHECK(**whole == header + body);
    CHECK(rest.empty());
  }
  CHECK(kMqttPayloadBytesMax == 131'072);
  CHECK(kMqttPacketBytesMax == 147'456);
}

TEST_CASE("a packet around the size of the first buffer comes out whole, and the one behind it") {
  for (std::size_t size = 8 * 1024 - 2; size <= 8 * 1024 + 2; ++size) {
    const std::string first = packet(0x30, std::string(size - 3, 'x'));
    REQUIRE(first.size() == size);
    const std::string second = packet(0xD0, "");
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, 2 * size}) {
      MqttFramer framer;
      const std::string all = first + second;
      std::vector<std::string> found;
      for (std::size_t i = 0; i < all.size(); i += piece) {
        std::string_view rest = std::string_view(all).substr(i, piece);
        while (true) {
          const auto next = framer.next(rest);
          REQUIRE(next);
          if (!*next) break;
          found.emplace_back(**next);
        }
      }
      CHECK(found == std::vector<std::string>{first, second});
      CHECK(framer.between_packets());
    }
  }
}

TEST_CASE("a length has one to four bytes") {
  for (const bool v5 : {true, false}) {
    // PINGRESP with a length of 0 in longer and longer encodings.
    CHECK(GuardFixture(v5).takes(bytes({0xD0, 0x00})));
    CHECK(GuardFixture(v5).takes(bytes({0xD0, 0x80, 0x00})));
    CHECK(GuardFixture(v5).takes(bytes({0xD0, 0x80, 0x80, 0x00})));
    CHECK(GuardFixture(v5).takes(bytes({0xD0, 0x80, 0x80, 0x80, 0x00})));
    CHECK_FALSE(GuardFixture(v5).inbound(bytes({0xD0, 0x80, 0x80, 0x80, 0x80})));
  }
  CHECK(GuardFixture(false).takes(bytes({0x30, 0x83, 0x80, 0x80, 0x00, 0, 1, 't'})));
  const auto longest = GuardFixture(true).inbound(bytes({0x30, 0xFF, 0xFF, 0xFF, 0x7F}));
  REQUIRE_FALSE(longest);
  CHECK(longest.error().message.find("it declares 268435460 bytes") != std::string::npos);
  for (const std::size_t length : {127U, 128U, 16'383U, 16'384U}) {
    CHECK(GuardFixture(false).takes(packet(0x30, bytes({0, 1, 't'}) + std::string(length - 3, 'x'))));
  }
}

TEST_CASE("a payload has 128 KiB at most, whatever stands before it") {
  for (const bool v5 : {true, false}) {
    for (const std::size_t topic_length : {1U, 200U, 65'535U}) {
      const std::string head = bytes({static_cast<int>(topic_length >> 8), static_cast<int>(topic_length & 0xFF)}) +
                               std::string(topic_length, 't') + (v5 ? bytes({0}) : "");
      const bool fits = 4 + head.size() + kMqttPayloadBytesMax <= kMqttPacketBytesMax;
      CHECK(GuardFixture(v5).takes(packet(0x30, head + std::string(kMqttPayloadBytesMax, 'x'))) == fits);
      CHECK_FALSE(GuardFixture(v5).inbound(packet(0x30, head + std::string(kMqttPayloadBytesMax + 1, 'x'))));
      CHECK(GuardFixture(v5).takes(packet(0x30, head)));
    }
  }
}

TEST_CASE("values of a PUBLISH at their limits") {
  for (const bool v5 : {true, false}) {
    const std::string properties = v5 ? bytes({0}) : "";
    const std::string topic = bytes({0, 1, 't'});
    check({
        {.name = "QoS 0", .v5 = v5, .packet = packet(0x30, topic + properties), .good = true},
        {.name = "QoS 0, retained", .v5 = v5, .packet = packet(0x31, topic + properties), .good = true},
        {.name = "QoS 1", .v5 = v5, .packet = packet(0x32, topic + bytes({0, 1}) + properties), .good = true},
        {.name = "QoS 1, again", .v5 = v5, .packet = packet(0x3A, topic + bytes({0, 1}) + properties), .good = true},
        {.name = "QoS 2", .v5 = v5, .packet = packet(0x34, topic + bytes({0, 1}) + properties), .good = false},
        {.name = "QoS 3", .v5 = v5, .packet = packet(0x36, topic + bytes({0, 1}) + properties), .good = false},
        {.name = "packet id 0", .v5 = v5, .packet = packet(0x32, topic + bytes({0, 0}) + properties), .good = false},
        {.name = "packet id 256", .v5 = v5, .packet = packet(0x32, topic + bytes({1, 0}) + properties), .good = true},
        {.name = "packet id 65535",
         .v5 = v5,
         .packet = packet(0x32, topic + bytes({0xFF, 0xFF}) + properties),
         .good = true},
        {.name = "no topic", .v5 = v5, .packet = packet(0x30, bytes({0, 0}) + properties), .good = false},
        {.name = "a topic that is cut off", .v5 = v5, .packet = packet(0x30, bytes({0, 2, 't'})), .good = false},
        {.name = "half a length", .v5 = v5, .packet = packet(0x30, bytes({0})), .good = false},
        {.name = "a wildcard +", .v5 = v5, .packet = packet(0x30, bytes({0, 1, '+'}) + properties), .good = false},
        {.name = "a wildcard #", .v5 = v5, .packet = packet(0x30, bytes({0, 1, '#'}) + properties), .good = false},
        {.name = "a NUL in the topic", .v5 = v5, .packet = packet(0x30, bytes({0, 1, 0}) + properties), .good = false},
        {.name = "no UTF-8", .v5 = v5, .packet = packet(0x30, bytes({0, 1, 0xFF}) + properties), .good = false},
    });
  }
  GuardFixture fixture(true);
  REQUIRE(fixture.takes(packet(0x32, bytes({0, 2, 't', '/', 0x12, 0x34, 0}) + "payload")));
  CHECK(fixture.seen[0].packet_id == 0x1234);
  CHECK(fixture.seen[0].topic == "t/");
}

TEST_CASE("codes of a SUBACK at their limits") {
  for (int code = 0; code <= 0xFF; ++code) {
    INFO(code);
    CHECK(GuardFixture(false).takes(packet(0x90, bytes({0, 9, code}))) == (code <= 2 || code == 0x80));
    CHECK(GuardFixture(true).takes(packet(0x90, bytes({0, 9, 0, code}))) == (code <= 2 || code >= 0x80));
  }
  for (const bool v5 : {true, false}) {
    const std::string properties = v5 ? bytes({0}) : "";
    CHECK_FALSE(GuardFixture(v5).inbound(packet(0x90, bytes({0, 9}) + properties)));
    CHECK_FALSE(GuardFixture(v5).inbound(packet(0x90, bytes({0, 9}) + properties + bytes({1, 1}))));
    CHECK_FALSE(GuardFixture(v5).inbound(packet(0x90, bytes({0, 8}) + properties + bytes({1}))));
    // After its response a request expects no further one.
    GuardFixture fixture(v5);
    REQUIRE(fixture.takes(packet(0x90, bytes({0, 9}) + properties + bytes({1}))));
    CHECK_FALSE(fixture.inbound(packet(0x90, bytes({0, 9}) + properties + bytes({1}))));
  }
}

TEST_CASE("the session flag of a CONNACK is 0 or 1, and any code is reported") {
  for (const bool v5 : {true, false}) {
    const std::string properties = v5 ? bytes({0}) : "";
    for (int flag = 0; flag <= 0xFF; ++flag) {
      CHECK(GuardFixture(v5, false).takes(packet(0x20, bytes({flag, 5}) + properties)) == (flag <= 1));
      // The session-present flag is invalid, because the client requested a new session.
      CHECK(GuardFixture(v5, false).takes(packet(0x20, bytes({flag, 0}) + properties)) == (flag == 0));
    }
    for (int code = 0; code <= 0xFF; ++code) {
      GuardFixture fixture(v5, false);
      REQUIRE(fixture.takes(packet(0x20, bytes({0, code}) + properties)));
      CHECK(fixture.seen[0].codes == std::vector<std::uint8_t>{static_cast<std::uint8_t>(code)});
      // A broker that supports only 3.1.1 may refuse in the form of 3.1.1, but not accept.
      CHECK(GuardFixture(v5, false).takes(packet(0x20, bytes({0, code}))) == (!v5 || code != 0));
    }
  }
}

TEST_CASE("only CONNACK and DISCONNECT may come first, without flags") {
  for (int first = 0; first <= 0xFF; ++first) {
    INFO(first);
    const std::string body = first >> 4 == 2 ? bytes({0, 0, 0}) : bytes({0});
    CHECK(GuardFixture(true, false).takes(packet(first, body)) == (first == 0x20 || first == 0xE0));
  }
}

TEST_CASE("flags and types behind CONNACK") {
  for (int first = 0; first <= 0xFF; ++first) {
    INFO(first);
    const int type = first >> 4;
    std::string body;
    if (type == 3) body = bytes({0, 1, 't'}) + ((first & 0x06) != 0 ? bytes({0, 1}) : "") + bytes({0});
    if (type == 4) body = bytes({0, 5});
    if (type == 9) body = bytes({0, 9, 0, 1});
    const bool publish = type == 3 && (first & 0x06) <= 2;
    const bool other = first == 0x40 || first == 0x90 || first == 0xD0 || first == 0xE0;
    CHECK(GuardFixture(true).takes(packet(first, body)) == (publish || other));
  }
}

TEST_CASE("a PUBACK and a DISCONNECT may leave out code and properties, and no more follows") {
  const std::string reason = bytes({0x1F, 0, 2, 'n', 'o'});
  check({
      {.name = "id alone", .v5 = true, .packet = packet(0x40, bytes({0, 5})), .good = true},
      {.name = "id and code", .v5 = true, .packet = packet(0x40, bytes({0, 5, 0x87})), .good = true},
      {.name = "empty properties", .v5 = true, .packet = packet(0x40, bytes({0, 5, 0x87, 0})), .good = true},
      {.name = "a reason", .v5 = true, .packet = packet(0x40, bytes({0, 5, 0x87, 5}) + reason), .good = true},
      {.name = "more behind it", .v5 = true, .packet = packet(0x40, bytes({0, 5, 0x87, 0, 0})), .good = false},
      {.name = "half an id", .v5 = true, .packet = packet(0x40, bytes({0})), .good = false},
      {.name = "id alone", .v5 = false, .packet = packet(0x40, bytes({0, 5})), .good = true},
      {.name = "a code", .v5 = false, .packet = packet(0x40, bytes({0, 5, 0})), .good = false},
      {.name = "nothing", .v5 = true, .packet = packet(0xE0, ""), .good = true},
      {.name = "a code", .v5 = true, .packet = packet(0xE0, bytes({0x8B})), .good = true},
      {.name = "a code and a reason", .v5 = true, .packet = packet(0xE0, bytes({0x8B, 5}) + reason), .good = true},
      {.name = "more behind it", .v5 = true, .packet = packet(0xE0, bytes({0x8B, 0, 0})), .good = false},
      {.name = "nothing", .v5 = false, .packet = packet(0xE0, ""), .good = false},
      {.name = "a PINGRESP", .v5 = true, .packet = packet(0xD0, ""), .good = true},
      {.name = "a PINGRESP with something in it", .v5 = true, .packet = packet(0xD0, bytes({0})), .good = false},
  });
  GuardFixture fixture(true);
  REQUIRE(fixture.takes(packet(0x40, bytes({0, 5, 0x87, 5}) + reason)));
  CHECK(fixture.seen[0].codes == std::vector<std::uint8_t>{0x87});
  CHECK(fixture.seen[0].reason == "no");
  CHECK(fixture.seen[0].topic == "t");
}

TEST_CASE("each property of MQTT 5 has its own length") {
  // Section 2.2.2.2: identifier, value.
  const std::vector<std::pair<int, std::string>> known{{1, bytes({1})},           {2, bytes({0, 0, 0, 1})},
                                                       {3, bytes({0, 1, 'x'})},   {8, bytes({0, 1, 'x'})},
                                                       {9, bytes({0, 1, 0})},     {11, bytes({1})},
                                                       {17, bytes({0, 0, 0, 1})}, {18, bytes({0, 1, 'x'})},
                                                       {19, bytes({0, 1})},       {21, bytes({0, 1, 'x'})},
                                                       {22, bytes({0, 1, 0})},    {23, bytes({1})},
                                                       {24, bytes({0, 0, 0, 1})}, {25, bytes({1})},
                                                       {26, bytes({0, 1, 'x'})},  {28, bytes({0, 1, 'x'})},
                                                       {31, bytes({0, 1, 'x'})},  {33, bytes({0, 1})},
                                                       {34, bytes({0, 1})},       {36, bytes({1})},
                                                       {37, bytes({1})},          {38, bytes({0, 1, 'x', 0, 1, 'y'})},
                                                       {39, bytes({0, 0, 0, 1})}, {40, bytes({1})},
                                                       {41, bytes({1})},          {42, bytes({1})}};
  for (int id = 0; id < 128; ++id) {
    INFO(id);
    const auto row = std::find_if(known.begin(), known.end(), [id](const auto& each) { return each.first == id; });
    if (row == known.end()) {
      // 35 is the topic alias, which the client does not allow.
      for (const std::size_t length : {0U, 1U, 2U, 3U, 4U}) {
        CHECK_FALSE(GuardFixture(true).inbound(with_properties(bytes({id}) + std::string(length, '\1'))));
      }
      continue;
    }
    const std::string whole = bytes({id}) + row->second;
    CHECK(GuardFixture(true).takes(with_properties(whole)));
    CHECK(GuardFixture(true).takes(with_properties(whole + whole)));
    for (std::size_t length = 1; length < whole.size(); ++length) {
      CHECK_FALSE(GuardFixture(true).inbound(with_properties(whole.substr(0, length))));
    }
    CHECK_FALSE(GuardFixture(true).inbound(with_properties(whole + bytes({0}))));
  }
}
