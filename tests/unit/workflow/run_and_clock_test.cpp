// The time of day during a run: a clock that is not set, and a claim that expires.
#include <chrono>
#include <optional>
#include <string>

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

TEST_CASE("a clock that is not set is waited for, and is its own cause") {
  for (const bool set_meanwhile : {true, false}) {
    WorkflowFixture fixture;
    fixture.clock.set_wall(*parse_rfc3339("1970-01-02T00:00:00Z"));
    if (set_meanwhile) {
      fixture.clock.on_sleep = [&fixture] {
        if (fixture.clock.sleeps == 20) fixture.clock.set_wall(*parse_rfc3339("2026-11-23T06:12:00Z"));
      };
    }
    const Outcome outcome = fixture.run();
    CHECK((outcome.kind == OutcomeKind::kProvisioned) == set_meanwhile);
    if (!set_meanwhile) CHECK(failed_as(outcome) == kClockNotSet);
    CHECK(fixture.transport.connections.size() == (set_meanwhile ? 1 : 0));
  }
}

TEST_CASE("a claim that expires during a run ends it, and another claim resumes it") {
  for (const bool during_attempt : {true, false}) {
    WorkflowFixture fixture;
    const WallTime expires = fixture.clock.wall_now() + std::chrono::seconds{30};
    fixture.transport.claim_not_after = expires;
    fixture.transport.on_established = [&](const ConnectRequest&) {
      if (during_attempt) fixture.clock.set_wall(expires);
      return std::optional(network_error(kConnectionLost, Phase::kMqtt, std::chrono::milliseconds{10}));
    };
    fixture.clock.on_sleep = [&fixture, expires] { fixture.clock.set_wall(expires); };
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == kClaimExpired);
    CHECK(outcome.error->message.find("the claim expired at 2026-11-23T06:00:30Z, during this run") == 0);
    CHECK((outcome.error->message.find("; the last attempt: ") != std::string::npos) == during_attempt);
    CHECK(fixture.transport.connections.size() == 1);
    CHECK(fixture.observer->failures.at(0).next_try_in.has_value() != during_attempt);
    fixture.transport.on_established = {};
    fixture.transport.claim_not_after = expires + std::chrono::minutes{5};
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  }
}

TEST_CASE("an expired claim changes nothing where no attempt needs it") {
  for (const bool rejected : {true, false}) {
    WorkflowFixture fixture;
    fixture.plan.verify = true;
    fixture.transport.claim_not_after = fixture.clock.wall_now() + std::chrono::seconds{30};
    fixture.service.react = [&](Operation operation, unsigned) {
      if (operation == Operation::kRegisterThing) fixture.clock.set_wall(fixture.transport.claim_not_after);
      return rejected ? Reaction{Kind::kReject, {400, "InvalidParameters", "no"}} : Reaction{};
    };
    const Outcome outcome = fixture.run();
    if (!rejected) CHECK(outcome.kind == OutcomeKind::kProvisioned);
    if (rejected) CHECK(failed_as(outcome) != kClaimExpired);
  }
}
