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

TEST_CASE("the identity records the request that it was made with, and a certificate's own facts") {
  for (const Method method : {Method::kCsr, Method::kKeys}) {
    WorkflowFixture fixture;
    fixture.plan.endpoint.port = 8884;
    fixture.plan.method = method;
    const Outcome outcome = fixture.run();
    REQUIRE(outcome.identity);
    const Identity& identity = *outcome.identity;
    CHECK(identity.port == 8884);
    CHECK(identity.endpoint == fixture.plan.endpoint.host);
    CHECK(identity.template_name == fixture.plan.template_name);
    CHECK(identity.method == method);
    CHECK(identity.key_made_here == (method == Method::kCsr));
    CHECK(identity.provisioned_at == rfc3339(fixture.clock.wall_now()));
    const auto facts = fixture.keysmith.read_certificate(*fixture.disk.text("identity/certificate.pem"));
    REQUIRE(facts);
    CHECK(identity.certificate_fingerprint == facts->fingerprint);
    CHECK(identity.not_after == rfc3339(facts->not_after));
    CHECK_FALSE(identity.replaces);
    const std::string json = fixture.disk.text("identity/identity.json").value_or("");
    CHECK(json.find("\"port\": 8884,") != std::string::npos);
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

TEST_CASE("the service's own words are whole where each of their bytes takes four to be shown") {
  WorkflowFixture fixture;
  first(fixture, Operation::kCreateCertificateFromCsr,
        {.kind = Kind::kReject, .words = {404, "\x01", std::string(100, '\x02')}});
  const Outcome outcome = fixture.run();
  CHECK(failed_as(outcome) == kRejected);
  std::string words;
  for (int i = 0; i < 100; ++i) words += "\\x02";
  CHECK(outcome.error->message.ends_with(": 404 \\x01: " + words));
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

TEST_CASE("a signal during an attempt ends the run, and is no failed attempt") {
  for (const ErrorKind signal : {kInterrupted, kTerminated}) {
    WorkflowFixture fixture;
    fixture.transport.on_established = [signal](const ConnectRequest&) {
      return std::optional(fail(signal, "stopped by a signal").value());
    };
    CHECK(failed_as(fixture.run()) == signal);
    CHECK(fixture.observer->failures.empty());
    CHECK(fixture.transport.connections.size() == 1);
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
