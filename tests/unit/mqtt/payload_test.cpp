// The library gets a PUBLISH without its payload, whatever packets precede and follow it.
#include "mqtt/payload.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

std::vector<char> bytes(std::initializer_list<int> values) {
  std::vector<char> result;
  for (const int each : values) result.push_back(static_cast<char>(each));
  return result;
}

void append(std::vector<char>& to, const std::vector<char>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

struct Row {
  const char* name;
  MqttVersion version;
  std::vector<char> packets;
  std::vector<char> left;
  std::vector<std::string> payloads;
};

}  // namespace

TEST_CASE("payloads are taken out, and everything else goes on as it came") {
  using enum MqttVersion;
  const std::vector<char> puback = bytes({0x40, 2, 0, 5});
  const std::vector<char> suback = bytes({0x90, 4, 0, 9, 1, 1});
  const std::vector<Row> rows{
      {"nothing", k5, {}, {}, {}},
      {"no PUBLISH", k311, suback, suback, {}},
      {"QoS 0", k311, bytes({0x30, 5, 0, 1, 'a', 'x', 'y'}), bytes({0x30, 3, 0, 1, 'a'}), {"xy"}},
      {"QoS 1, 3.1.1", k311, bytes({0x32, 6, 0, 1, 'a', 0, 3, 'x'}), bytes({0x32, 5, 0, 1, 'a', 0, 3}), {"x"}},
      {"QoS 1, 5", k5, bytes({0x32, 7, 0, 1, 'a', 0, 3, 0, 'x'}), bytes({0x32, 6, 0, 1, 'a', 0, 3, 0}), {"x"}},
      {"a duplicate", k5, bytes({0x3A, 7, 0, 1, 'a', 0, 3, 0, 'x'}), bytes({0x3A, 6, 0, 1, 'a', 0, 3, 0}), {"x"}},
      {"properties", k5, bytes({0x30, 8, 0, 1, 'a', 2, 1, 1, 'x', 'y'}), bytes({0x30, 6, 0, 1, 'a', 2, 1, 1}), {"xy"}},
      {"no payload", k5, bytes({0x30, 4, 0, 1, 'a', 0}), bytes({0x30, 4, 0, 1, 'a', 0}), {""}},
      {"a length in more bytes than it needs",
       k311,
       bytes({0x30, 0x85, 0, 0, 1, 'a', 'x', 'y'}),
       bytes({0x30, 3, 0, 1, 'a'}),
       {"xy"}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    // Alone, and between others.
    for (const bool among_others : {false, true}) {
      std::vector<char> packets;
      std::vector<char> left;
      if (among_others) append(packets, puback), append(left, puback);
      append(packets, row.packets), append(left, row.left);
      if (among_others) append(packets, puback), append(left, puback);
      std::vector<MqttMessage> taken;
      take_payloads(packets, row.version, taken);
      CHECK(packets == left);
      REQUIRE(taken.size() == row.payloads.size());
      for (std::size_t i = 0; i < taken.size(); ++i) {
        CHECK(taken[i].topic == "a");
        CHECK(taken[i].payload.reveal() == row.payloads[i]);
      }
    }
  }
}

TEST_CASE("what becomes free behind a payload that was taken is wiped") {
  std::vector<char> packets = bytes({0x30, 0x83, 1, 0, 1, 'a'});
  packets.resize(packets.size() + 128, 's');
  const char* memory = packets.data();
  const std::size_t size = packets.size();
  std::vector<MqttMessage> taken;
  take_payloads(packets, MqttVersion::k311, taken);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].payload.reveal() == std::string(128, 's'));
  CHECK(packets.capacity() >= size);
  CHECK(std::string(memory + packets.size(), memory + size).find('s') == std::string::npos);
}
