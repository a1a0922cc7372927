// What the owner of a session learns of the packets, errors and end of its connection, without a connection.
#include <chrono>
#include <string>
#include <vector>

#include "tests/adapters/connection_state_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/waiting_thread.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;
using Type = MqttPacketType;

const Milliseconds kAtOnce{0};

MqttStep first_step() {
  MqttStep step;
  step.client_id = "gateway-1";
  return step;
}

struct StateFixture : ConnectionStateFixture {
  StateFixture() : ConnectionStateFixture(first_step()) {}
  bool note(Type type, bool inbound, const std::vector<std::uint8_t>& codes = {}, const std::string& topic = "") {
    MqttPacket packet;
    packet.type = type;
    packet.inbound = inbound;
    packet.codes = codes;
    packet.filters.assign(codes.size(), "t/accepted");
    packet.topic = topic;
    return state.note(packet);
  }
  void accept() {
    state.set_secured("TLSv1.3");
    REQUIRE(note(Type::kConnack, true, {0}));
  }
  Result<void> lose(ErrorKind kind = kConnectionLost) {
    state.set_error(fail(kind, "lost").value());
    return state.check();
  }
};

}  // namespace

TEST_CASE("only packets that the owner of the session requests are counted as sent") {
  struct Row {
    Type type;
    bool inbound;
    bool counts;
  };
  for (const Row& row :
       {Row{Type::kSubscribe, false, true}, Row{Type::kPublish, false, true}, Row{Type::kDisconnect, false, true},
        Row{Type::kConnect, false, false}, Row{Type::kPuback, false, false}, Row{Type::kPingreq, false, false},
        Row{Type::kPublish, true, false}, Row{Type::kSuback, true, false}, Row{Type::kAuth, false, false}}) {
    INFO(word(row.type));
    StateFixture fixture;
    CHECK(fixture.state.await_sent(0, kAtOnce));
    CHECK_FALSE(fixture.state.await_sent(1, kAtOnce));
    CHECK(fixture.note(row.type, row.inbound));
    CHECK(fixture.state.await_sent(1, kAtOnce) == row.counts);
    CHECK_FALSE(fixture.state.await_sent(2, kAtOnce));
  }
}

TEST_CASE("who waits for a packet to be sent is woken by the answer, an error or the end") {
  StateFixture subscribing;
  subscribing.state.begin_subscribe({"t/accepted"});
  WaitingThread<bool> subscribed([&] { return subscribing.state.await_sent(1, kHour); });
  CHECK(subscribed.sleeps());
  CHECK(subscribing.note(Type::kSubscribe, false));
  CHECK(subscribed.sleeps());
  CHECK(subscribing.note(Type::kSuback, true, {1}));
  CHECK(subscribed.result());

  StateFixture publishing;
  publishing.state.begin_publish("t");
  publishing.state.add_message({"t/accepted", Secret("{}")});
  // Of an earlier request, as far as is known: this one has not been sent.
  WaitingThread<bool> unsent([&] { return publishing.state.await_sent(1, kHour); });
  CHECK(unsent.sleeps());
  publishing.state.set_ended();
  CHECK(unsent.result());

  StateFixture answered;
  CHECK(answered.note(Type::kPublish, false));
  WaitingThread<bool> published([&] { return answered.state.await_sent(1, kHour); });
  CHECK(published.sleeps());
  answered.state.add_message({"t/accepted", Secret("{}")});
  CHECK(published.result());

  StateFixture failing;
  WaitingThread<bool> failed([&] { return failing.state.await_sent(1, kHour); });
  CHECK(failed.sleeps());
  CHECK_FALSE(failing.lose());
  CHECK(failed.result());
}

TEST_CASE("a packet that nobody asked for changes nothing, and an unexpected message is a warning") {
  StateFixture fixture;
  fixture.state.begin_publish("t");
  MqttPacket packet;
  packet.inbound = packet.unexpected = true;
  packet.type = Type::kPuback;
  packet.topic = "t";
  CHECK(fixture.state.note(packet));
  CHECK_FALSE(fixture.state.acknowledged());
  CHECK(fixture.observer.phases().empty());
  CHECK(fixture.observer.details().starts_with("< PUBACK"));
  for (const std::size_t size : {300U, 301U}) {
    StateFixture warned;
    packet.type = Type::kPublish;
    packet.topic = std::string(size, 't');
    CHECK(warned.state.note(packet));
    CHECK(warned.observer.phases() ==
          "! ignored an unexpected message on " + std::string(300, 't') + (size > 300 ? "…" : ""));
    CHECK(warned.state.check());
  }
  StateFixture expected;
  packet.unexpected = false;
  CHECK(expected.state.note(packet));
  CHECK(expected.observer.phases().empty());
}

TEST_CASE("the library gets every packet but a CONNACK that refuses") {
  struct Row {
    Type type;
    bool inbound;
    std::vector<std::uint8_t> codes;
    bool passed;
    std::string phases;
    bool fails;
  };
  for (const Row& row :
       {Row{Type::kConnect, false, {}, true, "", false}, Row{Type::kConnack, true, {0}, true, "-mqtt", false},
        Row{Type::kConnack, true, {5}, false, "", true}, Row{Type::kSuback, true, {1}, true, "-subscribe", false},
        Row{Type::kSuback, true, {0x80}, true, "", true}, Row{Type::kPublish, true, {}, true, "", false},
        Row{Type::kDisconnect, true, {142}, true, "", true}, Row{Type::kPubrec, true, {}, true, "", false}}) {
    INFO(word(row.type));
    StateFixture fixture;
    CHECK(fixture.note(row.type, row.inbound, row.codes) == row.passed);
    CHECK(fixture.observer.phases() == row.phases);
    CHECK(fixture.state.check().has_value() != row.fails);
    CHECK(fixture.state.is_open() == (row.phases == "-mqtt"));
  }
}

TEST_CASE("a request is acknowledged by the PUBACK of its topic, until the next request") {
  StateFixture fixture;
  CHECK_FALSE(fixture.state.acknowledged());
  fixture.state.begin_publish("t/1");
  CHECK(fixture.note(Type::kPuback, true, {}, "t/0"));
  CHECK(fixture.note(Type::kPubrec, true, {}, "t/1"));
  CHECK(fixture.note(Type::kPuback, false, {}, "t/1"));
  CHECK_FALSE(fixture.state.acknowledged());
  CHECK(fixture.note(Type::kPuback, true, {}, "t/1"));
  CHECK(fixture.state.acknowledged());
  CHECK(fixture.note(Type::kPuback, true, {}, "t/0"));
  CHECK(fixture.state.acknowledged());
  fixture.state.begin_publish("t/2");
  CHECK_FALSE(fixture.state.acknowledged());
}

TEST_CASE("the first error stays, and those of later packets do not replace it") {
  StateFixture fixture;
  CHECK(fixture.state.check());
  CHECK_FALSE(fixture.note(Type::kConnack, true, {5}));
  CHECK(fixture.state.check().error().kind == kPolicyConnect);
  CHECK(fixture.lose().error().kind == kPolicyConnect);
  CHECK_FALSE(fixture.note(Type::kConnack, true, {3}));
  fixture.state.set_ended();
  CHECK(fixture.state.check().error().kind == kPolicyConnect);

  StateFixture ended;
  ended.state.set_ended();
  CHECK(ended.state.check().error().kind == kConnectionLost);
  CHECK(ended.lose(kTlsFailed).error().kind == kTlsFailed);
}

TEST_CASE("errors, refusals and closes belong to the step of the session") {
  StateFixture fixture;
  const auto phase_of_error = [&] { return fixture.state.in_step(fail(kMalformedAnswer, "x").value()).phase; };
  const auto closed = [&] { return fixture.state.closed(Milliseconds{7}); };
  CHECK(phase_of_error() == Phase::kMqtt);
  CHECK(closed().message.starts_with(
      "localhost, port 8883 closed the connection 7 ms after CONNECT as client gateway-1"));
  fixture.accept();
  CHECK(fixture.observer.phases() == "+mqtt -mqtt");
  CHECK(phase_of_error() == std::nullopt);
  CHECK(closed().message.find("after our last packet, without") != std::string::npos);
  fixture.state.begin_subscribe({"t/1", "t/2"});
  CHECK(fixture.observer.phases() == "+mqtt -mqtt +subscribe");
  CHECK(phase_of_error() == Phase::kSubscribe);
  CHECK(closed().message.find("after SUBSCRIBE, without") != std::string::npos);
  CHECK(closed().hint.find("topicfilter/t/1, topicfilter/t/2") != std::string::npos);
  CHECK(fixture.note(Type::kSuback, true, {1, 1}));
  CHECK(phase_of_error() == std::nullopt);
  fixture.state.begin_publish("t/3");
  CHECK(closed().message.find("after our last packet, the request on t/3, without") != std::string::npos);

  struct Row {
    int step;
    ErrorKind kind;
  };
  for (const Row& row : {Row{0, kPolicyConnect}, Row{1, kPolicySubscribe}, Row{2, kPolicyPublish}}) {
    StateFixture denied;
    if (row.step > 0) denied.state.begin_subscribe({"t/1"});
    if (row.step > 1) denied.state.begin_publish("t/3");
    CHECK(denied.note(Type::kDisconnect, true, {135}));
    CHECK(denied.state.check().error().kind == row.kind);
  }
}

TEST_CASE("messages are received in their order, then the error or the end") {
  StateFixture fixture;
  fixture.state.add_message({"t/1", Secret("one")});
  fixture.state.add_message({"t/2", Secret("two")});
  CHECK_FALSE(fixture.lose(kTlsFailed));
  for (const auto& [topic, payload] : {std::pair("t/1", "one"), std::pair("t/2", "two")}) {
    const auto message = fixture.state.await_message(in(kHour));
    REQUIRE(message);
    REQUIRE(*message);
    CHECK((*message)->topic == topic);
    CHECK((*message)->payload.reveal() == payload);
  }
  CHECK(fixture.state.await_message(in(kHour)).error().kind == kTlsFailed);

  // A run that is interrupted does not go on with what has arrived.
  for (const ErrorKind kind : {kInterrupted, kTerminated}) {
    StateFixture interrupted;
    interrupted.state.add_message({"t/1", Secret("one")});
    CHECK(interrupted.lose(kind).error().kind == kind);
    const auto message = interrupted.state.await_message(in(kHour));
    REQUIRE_FALSE(message);
    CHECK(message.error().kind == kind);
  }
}
