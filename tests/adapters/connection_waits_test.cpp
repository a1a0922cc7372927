// The waits of a session's owner: what ends each of them, and with which result. Without a connection.
#include <chrono>
#include <functional>
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

struct WaitsOfOwner : ConnectionStateFixture {
  void note(Type type, std::uint8_t code) {
    MqttPacket packet;
    packet.type = type;
    packet.inbound = true;
    packet.codes = {code};
    packet.filters = {"t/accepted"};
    static_cast<void>(state.note(packet));
  }
  void lose() { state.set_error(fail(kTlsFailed, "lost").value()); }
};

/// The kind of the error, or nothing for success.
template <class Value>
std::optional<ErrorKind> kind_of(const Result<Value>& result) {
  return result ? std::nullopt : std::optional(result.error().kind);
}

using Events = std::vector<std::function<void(WaitsOfOwner&)>>;

void secure(WaitsOfOwner& waits) {
  waits.state.set_secured("TLSv1.3");
}
void accept(WaitsOfOwner& waits) {
  waits.note(Type::kConnack, 0);
}
void refuse(WaitsOfOwner& waits) {
  waits.note(Type::kConnack, 5);
}
void grant(WaitsOfOwner& waits) {
  waits.note(Type::kSuback, 1);
}
void deny(WaitsOfOwner& waits) {
  waits.note(Type::kSuback, 0x80);
}
void lose(WaitsOfOwner& waits) {
  waits.lose();
}
void end(WaitsOfOwner& waits) {
  waits.state.set_ended();
}
void deliver(WaitsOfOwner& waits) {
  waits.state.add_message({"t/accepted", Secret("{}")});
}

/// Each but the last event leaves the thread asleep.
template <class Value>
std::optional<ErrorKind> after(WaitsOfOwner& waits, const Events& events,
                               const std::function<Result<Value>(ConnectionState&)>& wait) {
  WaitingThread<Result<Value>> thread([&] { return wait(waits.state); });
  for (const auto& event : events) {
    CHECK(thread.sleeps());
    event(waits);
  }
  return kind_of(thread.result());
}

}  // namespace

TEST_CASE("the wait for a CONNACK ends with it, an error or the end of the connection") {
  struct Row {
    Events events;
    std::optional<ErrorKind> kind;
  };
  const Row rows[] = {{{secure, accept}, std::nullopt},
                      {{secure, refuse}, kPolicyConnect},
                      {{secure, lose}, kTlsFailed},
                      {{secure, end}, kConnectionLost},
                      {{lose}, kTlsFailed},
                      {{end}, kConnectionLost}};
  for (const Row& row : rows) {
    WaitsOfOwner waits;
    CHECK(after<ConnectionFacts>(waits, row.events, [](ConnectionState& state) { return state.await_connack(); }) ==
          row.kind);
  }
  WaitsOfOwner waits;
  secure(waits);
  accept(waits);
  end(waits);
  const auto facts = waits.state.await_connack();
  REQUIRE(facts);
  CHECK(facts->mqtt_version == MqttVersion::k311);
  CHECK(facts->tls_version == "TLSv1.3");
  lose(waits);
  CHECK(kind_of(waits.state.await_connack()) == kTlsFailed);
}

TEST_CASE("the wait for a CONNACK is limited by the run before TLS is up, and by the request after it") {
  WaitsOfOwner late;
  late.request.run_deadline = in(-kLastWordPatience + Milliseconds{30});
  const auto never = late.state.await_connack();
  REQUIRE_FALSE(never);
  CHECK(never.error().message == "no connection to localhost, port 8883 was established in time");
  // The thread of the connection has a little longer than the run.
  CHECK(std::chrono::steady_clock::now() >= late.request.run_deadline + kLastWordPatience);
  CHECK(kind_of(late.state.check()) == kNoAnswer);

  WaitsOfOwner silent;
  silent.request.request_timeout = Milliseconds{0};
  secure(silent);
  const auto none = silent.state.await_connack();
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == kNoAnswer);
  CHECK(none.error().message.find("sent no CONNACK within 0 ") != std::string::npos);
  CHECK(kind_of(silent.state.check()) == kNoAnswer);

  WaitsOfOwner over;
  over.request.run_deadline = in(Milliseconds{0});
  secure(over);
  CHECK(over.state.await_connack().error().message.ends_with("sent no CONNACK before --timeout expired"));
}

TEST_CASE("the wait for a SUBACK ends with it, an error, the end, or the time of the request") {
  struct Row {
    Events events;
    std::optional<ErrorKind> kind;
  };
  const Row rows[] = {
      {{grant}, std::nullopt}, {{deny}, kPolicySubscribe}, {{lose}, kTlsFailed}, {{end}, kConnectionLost}};
  for (const Row& row : rows) {
    WaitsOfOwner waits;
    waits.state.begin_subscribe({"t/accepted"});
    CHECK(after<void>(waits, row.events, [](ConnectionState& state) { return state.await_suback(); }) == row.kind);
  }
  WaitsOfOwner granted;
  granted.state.begin_subscribe({"t/accepted"});
  grant(granted);
  end(granted);
  CHECK(granted.state.await_suback());
  lose(granted);
  CHECK(kind_of(granted.state.await_suback()) == kTlsFailed);

  WaitsOfOwner silent;
  silent.request.request_timeout = Milliseconds{0};
  silent.state.begin_subscribe({"t/accepted"});
  const auto none = silent.state.await_suback();
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == kNoAnswer);
  CHECK(none.error().phase == Phase::kSubscribe);
  CHECK(none.error().message.starts_with("localhost, port 8883 sent no SUBACK within 0 "));
  CHECK(kind_of(silent.state.check()) == kNoAnswer);

  WaitsOfOwner over;
  over.request.run_deadline = in(Milliseconds{0});
  over.state.begin_subscribe({"t/accepted"});
  CHECK(over.state.await_suback().error().message.ends_with("sent no SUBACK before --timeout expired"));
}

TEST_CASE("the wait for a message ends with it, an error, the end, or the first of two deadlines") {
  const auto wait = [](ConnectionState& state) { return state.await_message(in(kHour)); };
  using Received = std::optional<Message>;
  WaitsOfOwner delivered;
  CHECK(after<Received>(delivered, {deliver}, wait) == std::nullopt);
  WaitsOfOwner lost;
  CHECK(after<Received>(lost, {lose}, wait) == kTlsFailed);
  WaitsOfOwner ended;
  CHECK(after<Received>(ended, {end}, wait) == kConnectionLost);

  for (const bool run_is_over : {true, false}) {
    WaitsOfOwner silent;
    if (run_is_over) silent.request.run_deadline = in(Milliseconds{0});
    const auto nothing = silent.state.await_message(in(run_is_over ? kHour : Milliseconds{0}));
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
  }
}

TEST_CASE("the wait for the end lasts as long as its patience") {
  WaitsOfOwner waits;
  CHECK_FALSE(waits.state.await_end(Milliseconds{0}));
  CHECK_FALSE(waits.state.is_open());
  secure(waits);
  accept(waits);
  CHECK(waits.state.is_open());
  WaitingThread<bool> thread([&] { return waits.state.await_end(kHour); });
  CHECK(thread.sleeps());
  end(waits);
  CHECK(thread.result());
  CHECK_FALSE(waits.state.is_open());
  CHECK(waits.state.await_end(Milliseconds{0}));
}
