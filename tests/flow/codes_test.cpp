// Every code of CONNACK in both versions and of DISCONNECT, and SUBACKs of every malformed kind.
#include <array>
#include <utility>

#include "tests/flow/rows.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::test;

namespace {

Act say(const std::function<std::string(Turn&)>& bytes) {
  return [bytes](Turn& turn) {
    turn.connection.send(bytes(turn));
    while (!turn.connection.packet().empty()) {
    }
    return Then::kEnd;
  };
}

Act say_connack(int code) {
  return say([code](Turn& turn) { return connack(turn.v5, code); });
}

Act say_suback(const std::vector<int>& codes) {
  return say([codes](Turn& turn) { return suback(turn.v5, turn.packet, codes); });
}

/// The expected outcome for each code of an MQTT 5 CONNACK (section 3.2.2.2); every other code is a refusal.
std::pair<int, std::string> meaning_of_connack(int code) {
  switch (code) {
    case 134:
    case 135: return {77, "policy-connect"};
    case 136:
    case 137:
    case 139: return {75, "server-unavailable"};
    case 142: return {75, "session-taken-over"};
    case 150:
    case 151:
    case 159: return {75, "throttled"};
    default: return {77, "connection-rejected"};
  }
}

const std::vector<std::string> kOlder{"--mqtt-version", "3.1.1", "--attempts", "1"};
const std::vector<std::string> kOnce{"--attempts", "1"};

Row stubborn(std::string name, std::vector<std::string> options, Step step, Act act, int code, std::string kind) {
  Row row{.name = std::move(name),
          .options = std::move(options),
          .deviation = {step, 0, std::move(act)},
          .code = code,
          .kind = std::move(kind)};
  row.certificates_max = step == Step::kRegister ? 1 : 0;
  row.recovered_then_provisioned = false;
  return row;
}

}  // namespace

TEST_CASE("every CONNACK of MQTT 5") {
  std::vector<Row> rows;
  for (int code = 128; code <= 162; ++code) {
    if (code == 132) continue;
    const auto [exit_code, kind] = meaning_of_connack(code);
    rows.push_back(
        stubborn("CONNACK " + std::to_string(code), kOnce, Step::kConnect, say_connack(code), exit_code, kind));
  }
  // Success codes that CONNACK does not define, and codes that no packet defines.
  for (const int code : {6, 127, 163, 200, 255}) {
    rows.push_back(stubborn("CONNACK " + std::to_string(code), kOnce, Step::kConnect, say_connack(code), 77,
                            "connection-rejected"));
  }
  Row older{.name = "CONNACK 132, then 3.1.1", .deviation = {Step::kConnect, 1, say_connack(132)}};
  rows.push_back(older);
  const Act neither = say([](Turn& turn) { return connack(turn.v5, turn.v5 ? 132 : 1); });
  rows.push_back(stubborn("both versions refused", {}, Step::kConnect, neither, 77, "mqtt-version-refused"));
  check_rows(rows);
}

TEST_CASE("every CONNACK of MQTT 3.1.1") {
  std::vector<Row> rows;
  const std::vector<std::pair<int, std::pair<int, std::string>>> codes{
      {1, {77, "mqtt-version-refused"}}, {2, {77, "connection-rejected"}}, {3, {75, "server-unavailable"}},
      {4, {77, "policy-connect"}},       {5, {77, "policy-connect"}},      {6, {77, "connection-rejected"}},
      {7, {77, "policy-connect"}},       {8, {77, "connection-rejected"}}, {128, {77, "connection-rejected"}},
      {255, {77, "connection-rejected"}}};
  rows.reserve(codes.size() + 2);
  for (const auto& [code, meaning] : codes) {
    rows.push_back(stubborn("CONNACK " + std::to_string(code), kOlder, Step::kConnect, say_connack(code), meaning.first,
                            meaning.second));
  }
  rows.push_back({.name = "CONNACK 3 once",
                  .options = {"--mqtt-version", "3.1.1"},
                  .deviation = {Step::kConnect, 1, say_connack(3)}});
  rows.push_back(
      {"a broker of 3.1.1 says 1 to MQTT 5", {}, {Step::kConnect, 1, say([](Turn&) { return connack(false, 1); })}});
  rows.push_back(stubborn("reserved flags", kOlder, Step::kConnect,
                          say([](Turn&) { return std::string("\x20\x02\x02\x00", 4); }), 76, "malformed-answer"));
  rows.push_back(stubborn("too long", kOlder, Step::kConnect,
                          say([](Turn&) { return std::string("\x20\x03\x00\x00\x00", 5); }), 76, "malformed-answer"));
  rows.push_back(stubborn("two of them", kOlder, Step::kConnect,
                          say([](Turn& turn) { return connack(turn.v5) + connack(turn.v5); }), 76, "malformed-answer"));
  rows.push_back(stubborn("SUBACK instead", kOlder, Step::kConnect,
                          say([](Turn&) { return std::string("\x90\x03\x00\x01\x01", 5); }), 76, "malformed-answer"));
  check_rows(rows);
}

TEST_CASE("a DISCONNECT with each reason code") {
  std::vector<Row> rows;
  for (int code = 128; code <= 162; ++code) {
    constexpr std::array steps{Step::kConnect, Step::kSubscribe, Step::kCreate, Step::kRegister};
    const Step step = steps[static_cast<std::size_t>(code) % steps.size()];
    const std::string name =
        "DISCONNECT " + std::to_string(code) + " at step " + std::to_string(static_cast<int>(step));
    const Act act = say([code](Turn&) { return disconnect(code); });
    // A denial ends the run; every other code is retried, and the retry succeeds.
    if (code != 135) rows.push_back({.name = name, .deviation = {step, 1, act}});
  }
  const Act denied = say([](Turn&) { return disconnect(135); });
  rows.push_back(stubborn("denied at CONNECT", {}, Step::kConnect, denied, 77, "policy-connect"));
  rows.push_back(stubborn("denied at SUBSCRIBE", {}, Step::kSubscribe, denied, 77, "policy-subscribe"));
  rows.push_back(stubborn("denied at create", {}, Step::kCreate, denied, 77, "policy-publish"));
  rows.push_back(stubborn("denied at register", {}, Step::kRegister, denied, 77, "policy-publish"));
  rows.push_back({.name = "without a code",
                  .deviation = {Step::kCreate, 1, say([](Turn&) { return std::string("\xE0\x00", 2); })}});
  rows.push_back(
      {.name = "of nobody's code", .deviation = {Step::kCreate, 1, say([](Turn&) { return disconnect(255); })}});
  rows.push_back(stubborn("DISCONNECT in 3.1.1", kOlder, Step::kCreate,
                          say([](Turn&) { return std::string("\xE0\x00", 2); }), 76, "malformed-answer"));
  rows.push_back({.name = "with the answer before it", .deviation = {Step::kCreate, 1, [](Turn& turn) {
                                                                       turn.go_well();
                                                                       turn.connection.send(disconnect(139));
                                                                       return Then::kEnd;
                                                                     }}});
  check_rows(rows);
}

TEST_CASE("a SUBACK with more or fewer codes, for another packet, or missing") {
  std::vector<Row> rows;
  const auto add = [&rows](const std::string& name, const Act& act, int code, const std::string& kind) {
    rows.push_back(stubborn(name + " (5)", kOnce, Step::kSubscribe, act, code, kind));
    rows.push_back(stubborn(name + " (3.1.1)", kOlder, Step::kSubscribe, act, code, kind));
  };
  add("no code", say_suback({}), 76, "malformed-answer");
  add("one code", say_suback({1}), 76, "malformed-answer");
  add("three codes", say_suback({1, 1, 1}), 76, "malformed-answer");
  add("five codes", say_suback({1, 1, 1, 1, 1}), 76, "malformed-answer");
  add("a thousand codes", say_suback(std::vector<int>(1000, 1)), 76, "malformed-answer");
  add("all refused", say_suback({128, 128, 128, 128}), 77, "policy-subscribe");
  add("the last refused", say_suback({1, 1, 1, 128}), 77, "policy-subscribe");
  add("a code that is none", say_suback({1, 1, 1, 77}), 76, "malformed-answer");
  add("another packet", say([](Turn& turn) {
        std::string bytes = suback(turn.v5, turn.packet, {1, 1, 1, 1});
        bytes[3] = static_cast<char>(bytes[3] + 1);
        return bytes;
      }),
      76, "malformed-answer");
  add("packet zero", say([](Turn& turn) {
        std::string bytes = suback(turn.v5, turn.packet, {1, 1, 1, 1});
        bytes[2] = bytes[3] = '\0';
        return bytes;
      }),
      76, "malformed-answer");
  add("twice", say([](Turn& turn) {
        return suback(turn.v5, turn.packet, {1, 1, 1, 1}) + suback(turn.v5, turn.packet, {1, 1, 1, 1});
      }),
      76, "malformed-answer");
  add("an UNSUBACK instead", say([](Turn&) { return std::string("\xB0\x02\x00\x01", 4); }), 76, "malformed-answer");
  for (const int code : {131, 135, 143, 145, 158, 161, 162}) {
    rows.push_back(stubborn("SUBACK " + std::to_string(code), kOnce, Step::kSubscribe, say_suback({1, code, 1, 1}), 77,
                            "policy-subscribe"));
  }
  rows.push_back({.name = "quota, then health", .deviation = {Step::kSubscribe, 1, say_suback({151, 151, 151, 151})}});
  rows.push_back(
      {.name = "granted at QoS 0", .deviation = {Step::kSubscribe, 0, [](Turn& turn) {
                                                   turn.connection.send(suback(turn.v5, turn.packet, {0, 0, 0, 0}));
                                                   return Then::kGoOn;
                                                 }}});
  check_rows(rows);
}

TEST_CASE("a PUBACK that refuses, and one without a request") {
  const auto puback_of = [](int code) {
    return say([code](Turn& turn) { return puback(turn.v5, turn.packet, code); });
  };
  std::vector<Row> rows;
  for (const Step step : {Step::kCreate, Step::kRegister}) {
    for (const int code : {128, 131, 135, 144, 153}) {
      rows.push_back(stubborn("PUBACK " + std::to_string(code), kOnce, step, puback_of(code), 77, "policy-publish"));
    }
    rows.push_back(stubborn("PUBACK 151", kOnce, step, puback_of(151), 75, "throttled"));
    rows.push_back({.name = "a PUBACK of another packet, then the answer",
                    .deviation = {step, 1, [](Turn& turn) {
                                    turn.connection.send(std::string("\x40\x02\x77\x77", 4) +
                                                         turn.accepted(turn.encoded(turn.answer())));
                                    return Then::kGoOn;
                                  }}});
    rows.push_back(stubborn("PUBREC instead", kOnce, step,
                            say([](Turn&) { return std::string("\x50\x02\x00\x02", 4); }), 76, "malformed-answer"));
  }
  rows.push_back({.name = "nobody matched (16)", .deviation = {Step::kRegister, 1, [](Turn& turn) {
                                                                 turn.connection.send(
                                                                     puback(turn.v5, turn.packet, 16) +
                                                                     turn.accepted(turn.encoded(turn.answer())));
                                                                 return Then::kGoOn;
                                                               }}});
  check_rows(rows);
}
