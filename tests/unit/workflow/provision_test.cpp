// One fault at each step, then a healthy service: the outcome of the run, with the invariants of the fixture after
// each.
#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/run/exchange.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using fakes::Reaction;
using fakes::refuse_mqtt5;
using Kind = Reaction::Kind;
using enum ErrorKind;

namespace {

/// The service reacts to the first request of `operation` with `reaction`, and to the others normally.
void first(WorkflowFixture& fixture, Operation operation, const Reaction& reaction) {
  fixture.service.react = [operation, reaction](Operation asked, unsigned nth) {
    return asked == operation && nth == 1 ? reaction : Reaction{};
  };
}

ErrorKind failed_as(const Outcome& outcome) {
  REQUIRE(outcome.error);
  return outcome.error->kind;
}

}  // namespace

TEST_CASE("a healthy service gives an identity in one connection and with one certificate") {
  for (const Method method : {Method::kCsr, Method::kKeys}) {
    WorkflowFixture fixture;
    fixture.plan.method = method;
    const Outcome outcome = fixture.run();
    REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.attempts == 1);
    CHECK(outcome.certificates_requested == 1);
    CHECK(!outcome.resumed);
    CHECK(outcome.identity->thing_name == "gateway-1");
    CHECK(fixture.disk.text("identity/thing-name") == "gateway-1\n");
    CHECK(fixture.service.registered_parameters.at(0) == fixture.plan.parameters);
    CHECK(fixture.transport.connections.at(0).client_id.size() == std::string("fleet-provision-").size() + 16);
    const Outcome again = fixture.run();
    CHECK(again.kind == OutcomeKind::kAlreadyProvisioned);
    CHECK(fixture.transport.credentials_loaded == 1);
  }
}

TEST_CASE("one fault of the service and then health ends in success without a needless certificate") {
  struct Row {
    const char* name;
    Operation operation;
    Reaction reaction;
    unsigned certificates;
  };
  const auto create = Operation::kCreateCertificateFromCsr;
  const auto enroll = Operation::kRegisterThing;
  const Row rows[] = {
      {"create dropped", create, {Kind::kNothing}, 1},
      {"create closed", create, {.kind = Kind::kClose, .closed_after = std::chrono::milliseconds{100}}, 1},
      {"create done, answer lost",
       create,
       {.kind = Kind::kCloseAfterWork, .closed_after = std::chrono::milliseconds{100}},
       2},
      {"create throttled", create, {.kind = Kind::kReject, .words = {429, "TooManyRequests", "slow down"}}, 1},
      {"create throttled as 400", create, {.kind = Kind::kReject, .words = {400, "ThrottlingException", ""}}, 1},
      {"create 503", create, {.kind = Kind::kReject, .words = {503, "", ""}}, 1},
      {"create 202 first", create, {.kind = Kind::kRejectThenAnswer, .words = {202, "", ""}}, 1},
      {"create twice", create, {Kind::kTwice}, 1},
      {"an answer to another client first", create, {Kind::kForeignAnswerFirst}, 1},
      {"not valid yet", create, {Kind::kNotYetValid}, 1},
      {"odd certificate id", create, {Kind::kOtherId}, 1},
      {"register dropped", enroll, {Kind::kNothing}, 1},
      {"register closed", enroll, {.kind = Kind::kClose, .closed_after = std::chrono::milliseconds{100}}, 1},
      {"register done, answer lost",
       enroll,
       {.kind = Kind::kCloseAfterWork, .closed_after = std::chrono::milliseconds{100}},
       2},
      {"register throttled", enroll, {.kind = Kind::kReject, .words = {429, "", ""}}, 1},
      {"register 500", enroll, {.kind = Kind::kReject, .words = {500, "", ""}}, 1},
      {"token refused", enroll, {.kind = Kind::kReject, .words = {400, "InvalidCertificateOwnershipToken", ""}}, 2},
      {"register twice", enroll, {Kind::kTwice}, 1},
      {"no thing", enroll, {Kind::kNoThingName}, 1},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    WorkflowFixture fixture;
    first(fixture, row.operation, row.reaction);
    const Outcome outcome = fixture.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(fixture.service.certificates.size() == row.certificates);
    CHECK(fixture.service.csr_keys.size() == 1);
  }
}

TEST_CASE("what cannot be used is not believed and leaves no identity") {
  struct Row {
    const char* name;
    Operation operation;
    Reaction reaction;
    ErrorKind kind;
  };
  const auto create = Operation::kCreateCertificateFromCsr;
  const auto enroll = Operation::kRegisterThing;
  const Row rows[] = {
      {"other key", create, {Kind::kOtherKey}, kCertificateKeyMismatch},
      {"expired", create, {Kind::kExpired}, kIssuedCertificateExpired},
      {"not json", create, {.kind = Kind::kRaw, .raw = "nonsense"}, kMalformedAnswer},
      {"empty object", create, {.kind = Kind::kRaw, .raw = "{}"}, kMalformedAnswer},
      {"rejected", create, {.kind = Kind::kReject, .words = {400, "InvalidCsr", "bad \x1b[31m"}}, kRejected},
      {"thing name", enroll, {Kind::kBadThingName}, kMalformedAnswer},
      {"hook", enroll, {.kind = Kind::kReject, .words = {403, "AccessDenied", "no"}}, kRejected},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    WorkflowFixture fixture;
    fixture.service.react = [&row](Operation asked, unsigned) {
      return asked == row.operation ? row.reaction : Reaction{};
    };
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == row.kind);
    CHECK(outcome.attempts == 1);
    CHECK(!fixture.disk.mode("identity"));
    if (row.operation == create) CHECK(fixture.service.requests[enroll] == 0);
    CHECK(printable(outcome.error->message) == outcome.error->message);
  }
}

TEST_CASE("a better answer than a certificate for another key is waited for two seconds") {
  WorkflowFixture fixture;
  fixture.plan.request_timeout = std::chrono::seconds(15);
  fixture.service.react = [](Operation asked, unsigned) {
    return asked == Operation::kCreateCertificateFromCsr ? Reaction{Kind::kOtherKey} : Reaction{};
  };
  const Instant began = fixture.clock.now();
  CHECK(failed_as(fixture.run()) == kCertificateKeyMismatch);
  CHECK(fixture.clock.now() - began == kBetterAnswerPatience);
  CHECK(kBetterAnswerPatience == std::chrono::seconds(2));
}

TEST_CASE("the wait for a better answer ends as the run does, and a lost connection blames the certificate") {
  for (const auto& [silence, kind] : {std::pair(kTerminated, kTerminated), std::pair(kOutOfResources, kOutOfResources),
                                      std::pair(kConnectionLost, kCertificateKeyMismatch)}) {
    WorkflowFixture fixture;
    fixture.plan.attempts = 1;
    fixture.service.react = [](Operation, unsigned) { return Reaction{Kind::kOtherKey}; };
    fixture.transport.silence_error = network_error(silence, Phase::kCreate);
    CHECK(failed_as(fixture.run()) == kind);
  }
}

TEST_CASE("the service's own words are reported whole") {
  WorkflowFixture fixture;
  first(fixture, Operation::kCreateCertificateFromCsr,
        {.kind = Kind::kReject, .words = {404, "ResourceNotFound", std::string(1500, 'x')}});
  const Outcome outcome = fixture.run();
  CHECK(failed_as(outcome) == kRejected);
  CHECK(outcome.error->message.find(std::string(1500, 'x')) != std::string::npos);
  CHECK(outcome.error->service->error_code == "ResourceNotFound");
}

TEST_CASE("the same step closed three times in succession is a refusal that names what was refused") {
  struct Row {
    Phase phase;
    ErrorKind kind;
    const char* names;
  };
  const Row rows[] = {{Phase::kTls, kClaimRefused, "ACTIVE"},
                      {Phase::kMqtt, kPolicyConnect, "iot:Connect"},
                      {Phase::kSubscribe, kPolicySubscribe, "topicfilter/$aws/certificates/create-from-csr/json"},
                      {Phase::kCreate, kPolicyPublish, "iot:Publish on topic/$aws/certificates/create-from-csr/json"},
                      {Phase::kRegister, kPolicyPublish, "topic/$aws/provisioning-templates/gateway/provision/json"}};
  for (const Row& row : rows) {
    for (const int closed_after : {100, 2'001}) {
      WorkflowFixture fixture;
      fixture.plan.timeout = std::chrono::seconds{60};
      const std::chrono::milliseconds soon{closed_after};
      const Error lost = network_error(kConnectionLost, row.phase, soon);
      if (row.phase <= Phase::kMqtt)
        fixture.transport.on_established = [&](const ConnectRequest&) { return std::optional(lost); };
      if (row.phase == Phase::kSubscribe) {
        fixture.transport.on_subscribe = [&](unsigned, const auto&) { return std::optional(lost); };
      }
      fixture.service.react = [&](Operation asked, unsigned) {
        const bool enroll = asked == Operation::kRegisterThing;
        const bool here = (row.phase == Phase::kRegister && enroll) || (row.phase == Phase::kCreate && !enroll);
        return here ? Reaction{.kind = Kind::kClose, .closed_after = soon} : Reaction{};
      };
      const Outcome outcome = fixture.run();
      INFO(word(row.phase) << " closed after " << closed_after);
      if (closed_after <= 2'000) {
        CHECK(failed_as(outcome) == row.kind);
        CHECK(outcome.attempts == 3);
        CHECK(outcome.error->hint.find(row.names) != std::string::npos);
      } else {
        CHECK(failed_as(outcome) != row.kind);
      }
    }
  }
}

TEST_CASE("a subscription that is denied by a close is found out filter by filter") {
  const std::string base = "$aws/provisioning-templates/gateway/provision/json";
  for (const std::string& denied :
       {std::string("$aws/certificates/create-from-csr/json/accepted"), base + "/rejected"}) {
    WorkflowFixture fixture;
    std::vector<std::size_t> sizes;
    fixture.transport.on_subscribe = [&](unsigned, const std::vector<std::string>& filters) {
      sizes.push_back(filters.size());
      const bool hit = std::find(filters.begin(), filters.end(), denied) != filters.end();
      return hit ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
                 : std::nullopt;
    };
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == kPolicySubscribe);
    CHECK(outcome.attempts == 3);
    CHECK(outcome.error->hint.find("iot:Subscribe on topicfilter/" + denied + " (topicfilter/, not topic/): add ") !=
          std::string::npos);
    // The first connection subscribes all four filters in one round trip.
    CHECK(sizes.front() == 4);
    CHECK(std::count(sizes.begin(), sizes.end(), 4u) == 1);
  }
}

TEST_CASE("the statement to add is the hint of a denied subscription alone, where the connection knew none") {
  struct Row {
    ErrorKind kind;
    std::string hint;
    bool statement;
  };
  for (const Row& row : {Row{kPolicySubscribe, "", true}, Row{kPolicySubscribe, "ask the broker", false},
                         Row{kMalformedAnswer, "", false}, Row{kMalformedAnswer, "ask the broker", false}}) {
    INFO(word(row.kind) << ", " << row.hint);
    WorkflowFixture fixture;
    fixture.plan.attempts = 1;
    fixture.transport.on_subscribe = [&](unsigned, const auto&) {
      Error error = network_error(row.kind, Phase::kSubscribe, std::chrono::milliseconds{5});
      error.hint = row.hint;
      return std::optional(std::move(error));
    };
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == row.kind);
    CHECK((outcome.error->hint.find("iot:Subscribe on topicfilter/") != std::string::npos) == row.statement);
    if (!row.hint.empty()) CHECK(outcome.error->hint == row.hint);
  }
}

TEST_CASE("a link that was lost while subscribing costs nothing but round trips") {
  WorkflowFixture fixture;
  fixture.transport.on_subscribe = [](unsigned connection, const auto&) {
    return connection == 1
               ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
               : std::nullopt;
  };
  const Outcome outcome = fixture.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 2);
}

TEST_CASE("closes at different filters are no refusal of one") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 4;
  fixture.transport.on_subscribe = [](unsigned connection, const std::vector<std::string>& filters) {
    const bool closes = connection == 1 || filters.front().ends_with(connection % 2 == 0 ? "accepted" : "rejected");
    return closes ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
                  : std::nullopt;
  };
  CHECK(failed_as(fixture.run()) == kConnectionLost);
}

TEST_CASE("a request that the broker keeps out counts as no certificate") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 1;
  fixture.service.react = [](Operation, unsigned) { return Reaction{Kind::kPubackRefused}; };
  for (int run = 0; run < 6; ++run) CHECK(failed_as(fixture.run()) == kPolicyPublish);
}

TEST_CASE("fewer than three closes are no refusal") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 2;
  fixture.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kConnectionLost, Phase::kMqtt, std::chrono::milliseconds{10}));
  };
  CHECK(failed_as(fixture.run()) == kConnectionLost);
}

TEST_CASE("every failed attempt is reported, the first waits are short, and the last error ends the run") {
  WorkflowFixture fixture;
  fixture.plan.client_id = "gateway-1";
  unsigned n = 0;
  fixture.transport.on_established = [&n](const ConnectRequest&) {
    ++n;
    return std::optional(network_error(n % 2 == 0 ? kDns : kNoAnswer, n % 2 == 0 ? Phase::kResolve : Phase::kMqtt));
  };
  const Outcome outcome = fixture.run();
  const auto& failures = fixture.observer->failures;
  REQUIRE(failures.size() == outcome.attempts);
  REQUIRE(failures.size() > 5);
  CHECK(*failures[0].next_try_in <= std::chrono::seconds{1});
  CHECK(*failures[1].next_try_in <= std::chrono::seconds{2});
  CHECK(!failures.back().next_try_in);
  CHECK(failed_as(outcome) == failures.back().error.kind);
  // A CONNECT was sent, so the same client id is not used for a second.
  CHECK(*failures[0].next_try_in >= std::chrono::seconds{1});
}

TEST_CASE("a broker that refuses MQTT 5 is spoken to in 3.1.1 at once") {
  WorkflowFixture fixture;
  fixture.transport.on_established = refuse_mqtt5;
  const Outcome outcome = fixture.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 2);
  CHECK(fixture.clock.sleeps == 0);
  CHECK(outcome.connection->mqtt_version == MqttVersion::k311);
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

TEST_CASE("an interrupt ends a wait, is not reported as a failed attempt, and keeps what was reached") {
  WorkflowFixture fixture;
  first(fixture, Operation::kRegisterThing, {Kind::kNothing});
  fixture.clock.interrupted = true;
  CHECK(failed_as(fixture.run()) == kInterrupted);
  fixture.clock.interrupted = false;
  const Outcome outcome = fixture.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.resumed);
  CHECK(fixture.service.certificates.size() == 1);
}
