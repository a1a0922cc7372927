// Runs that request certificates without getting an identity: four in an hour, whatever is run again.
#include <chrono>
#include <string>

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

TEST_CASE("a request that the broker keeps out counts as no certificate") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 1;
  fixture.service.react = [](Operation, unsigned) { return Reaction{Kind::kPubackRefused}; };
  for (int run = 0; run < 6; ++run) CHECK(failed_as(fixture.run()) == kPolicyPublish);
}

TEST_CASE("tokens refused for ever cost four certificates an hour, and no more") {
  for (const Method method : {Method::kCsr, Method::kKeys}) {
    WorkflowFixture fixture;
    fixture.plan.method = method;
    fixture.service.tokens_to_refuse = 5;
    CHECK(failed_as(fixture.run()) == kCertificateLimit);
    CHECK(fixture.service.certificates.size() == 4);
    for (int boot = 0; boot < 3; ++boot) {
      fixture.clock.reboot();
      fixture.clock.pass(std::chrono::minutes{19});
      const Outcome outcome = fixture.run();
      CHECK(failed_as(outcome) == kCertificateLimit);
      CHECK(outcome.attempts == 0);
    }
    fixture.clock.pass(std::chrono::minutes{4});
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.service.certificates.size() == 6);
  }
}

TEST_CASE("the bound says what has used it up") {
  WorkflowFixture fixture;
  fixture.service.react = [](Operation, unsigned) { return Reaction{Kind::kNothing}; };
  const Outcome outcome = fixture.run();
  CHECK(failed_as(outcome) == kCertificateLimit);
  CHECK(outcome.attempts == 4);
  CHECK(outcome.error->message.find("; the last attempt: no response to CreateCertificateFromCsr") !=
        std::string::npos);
  CHECK(outcome.error->hint.find("; then rerun in 60 minutes") != std::string::npos);
}

TEST_CASE("rejected requests use up nothing of the bound") {
  WorkflowFixture fixture;
  bool healthy = false;
  fixture.service.react = [&healthy](Operation, unsigned) {
    return healthy ? Reaction{} : Reaction{.kind = Kind::kReject, .words = {400, "InvalidCsr", ""}};
  };
  for (int run = 0; run < 10; ++run) CHECK(failed_as(fixture.run()) == kRejected);
  healthy = true;
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
}
