// What a run says before its first request, and which error stands once the claim has expired.
#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

TEST_CASE("what will probably make the run fail is a warning before it begins") {
  struct Row {
    const char* name;
    void (*change)(WorkflowFixture&);
    std::vector<std::string> warnings;
  };
  const Row rows[] = {
      {"nothing", [](WorkflowFixture&) {}, {}},
      {"8883", [](WorkflowFixture& fixture) { fixture.plan.endpoint.port = 8883; }, {}},
      {"1883",
       [](WorkflowFixture& fixture) { fixture.plan.endpoint.port = 1883; },
       {"port 1883 is for MQTT without TLS"}},
      {"a program", [](WorkflowFixture& fixture) { fixture.plan.on_success = "/usr/bin/hook"; }, {}},
      {"an endpoint of before",
       [](WorkflowFixture& fixture) { fixture.plan.endpoint.host = "a1b2c3.iot.eu-west-1.amazonaws.com"; },
       {"the endpoint a1b2c3.iot.eu-west-1.amazonaws.com"}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    WorkflowFixture fixture;
    row.change(fixture);
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.observer->warnings.size() == row.warnings.size());
    for (const std::string& each : row.warnings) CHECK(fixture.observer->recorded("warning: " + each));
  }

  WorkflowFixture absent;
  absent.plan.on_success = "/usr/bin/hook";
  absent.host_system.program_error.emplace().kind = kOnSuccessFailed;
  absent.host_system.program_error->message = "/usr/bin/hook: no such file";
  CHECK(absent.run().error->kind == kOnSuccessFailed);
  CHECK(absent.observer->recorded("warning: /usr/bin/hook: no such file; checked before the start"));
}

TEST_CASE("an identity that is refused is that also where the claim has expired meanwhile") {
  WorkflowFixture fixture;
  fixture.plan.verify = true;
  fixture.plan.attempts = 1;
  fixture.transport.claim_not_after = fixture.clock.wall_now() + std::chrono::seconds{30};
  fixture.transport.on_established = [&fixture](const ConnectRequest&) -> std::optional<Error> {
    if (fixture.transport.speaks_as.empty()) return std::nullopt;
    fixture.clock.set_wall(fixture.transport.claim_not_after + std::chrono::seconds{1});
    return fakes::network_error(kConnectionLost, Phase::kMqtt, std::chrono::milliseconds{50});
  };
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.error);
  CHECK(outcome.error->kind == kConnectionLost);
  CHECK(outcome.error->message.find("expired") == std::string::npos);
}

TEST_CASE("a message that belongs to no request is passed over, and told") {
  WorkflowFixture fixture;
  fixture.service.react = [](Operation, unsigned) {
    return fakes::Reaction{fakes::Reaction::Kind::kForeignAnswerFirst};
  };
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.observer->recorded("warning: ignored an unexpected message on "));
  CHECK(fixture.service.certificates.size() == 1);
}
