// One fault in each place, then a healthy service: what the run comes to, with the invariants of the bench after each.
#include "tests/unit/workflow/bench.hpp"
#include "workflow/run/exchange.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using fakes::Reaction;
using fakes::refuse_mqtt5;
using Kind = Reaction::Kind;
using enum ErrorKind;

namespace {

/// The first request of `operation` meets `reaction`, the others go well.
void first(Bench& bench, Operation operation, const Reaction& reaction) {
  bench.service.react = [operation, reaction](Operation asked, unsigned nth) {
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
    Bench bench;
    bench.plan.method = method;
    const Outcome outcome = bench.run();
    REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.attempts == 1);
    CHECK(outcome.certificates_requested == 1);
    CHECK(!outcome.resumed);
    CHECK(outcome.identity->thing_name == "gateway-1");
    CHECK(bench.disk.text("identity/thing-name") == "gateway-1\n");
    CHECK(bench.service.registered_parameters.at(0) == bench.plan.parameters);
    CHECK(bench.transport.connections.at(0).client_id.size() == std::string("fleet-provision-").size() + 16);
    const Outcome again = bench.run();
    CHECK(again.kind == OutcomeKind::kAlreadyProvisioned);
    CHECK(bench.transport.credentials_loaded == 1);
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
      {"create dropped", create, {Kind::kNothing, {}, {}, {}}, 1},
      {"create closed", create, {Kind::kClose, {}, std::chrono::milliseconds{100}, {}}, 1},
      {"create done, answer lost", create, {Kind::kCloseAfterWork, {}, std::chrono::milliseconds{100}, {}}, 2},
      {"create throttled", create, {Kind::kReject, {429, "TooManyRequests", "slow down"}, {}, {}}, 1},
      {"create throttled as 400", create, {Kind::kReject, {400, "ThrottlingException", ""}, {}, {}}, 1},
      {"create 503", create, {Kind::kReject, {503, "", ""}, {}, {}}, 1},
      {"create 202 first", create, {Kind::kRejectThenAnswer, {202, "", ""}, {}, {}}, 1},
      {"create twice", create, {Kind::kTwice, {}, {}, {}}, 1},
      {"stranger first", create, {Kind::kStrangerFirst, {}, {}, {}}, 1},
      {"not valid yet", create, {Kind::kNotYetValid, {}, {}, {}}, 1},
      {"odd certificate id", create, {Kind::kOtherId, {}, {}, {}}, 1},
      {"register dropped", enroll, {Kind::kNothing, {}, {}, {}}, 1},
      {"register closed", enroll, {Kind::kClose, {}, std::chrono::milliseconds{100}, {}}, 1},
      {"register done, answer lost", enroll, {Kind::kCloseAfterWork, {}, std::chrono::milliseconds{100}, {}}, 2},
      {"register throttled", enroll, {Kind::kReject, {429, "", ""}, {}, {}}, 1},
      {"register 500", enroll, {Kind::kReject, {500, "", ""}, {}, {}}, 1},
      {"token refused", enroll, {Kind::kReject, {400, "InvalidCertificateOwnershipToken", ""}, {}, {}}, 2},
      {"register twice", enroll, {Kind::kTwice, {}, {}, {}}, 1},
      {"no thing", enroll, {Kind::kNoThingName, {}, {}, {}}, 1},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Bench bench;
    first(bench, row.operation, row.reaction);
    const Outcome outcome = bench.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(bench.service.certificates.size() == row.certificates);
    CHECK(bench.service.csr_keys.size() == 1);
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
      {"other key", create, {Kind::kOtherKey, {}, {}, {}}, kCertificateKeyMismatch},
      {"expired", create, {Kind::kExpired, {}, {}, {}}, kIssuedCertificateExpired},
      {"not json", create, {Kind::kRaw, {}, {}, "nonsense"}, kMalformedAnswer},
      {"empty object", create, {Kind::kRaw, {}, {}, "{}"}, kMalformedAnswer},
      {"rejected", create, {Kind::kReject, {400, "InvalidCsr", "bad \x1b[31m"}, {}, {}}, kRejected},
      {"thing name", enroll, {Kind::kBadThingName, {}, {}, {}}, kMalformedAnswer},
      {"hook", enroll, {Kind::kReject, {403, "AccessDenied", "no"}, {}, {}}, kRejected},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Bench bench;
    bench.service.react = [&row](Operation asked, unsigned) {
      return asked == row.operation ? row.reaction : Reaction{};
    };
    const Outcome outcome = bench.run();
    CHECK(failed_as(outcome) == row.kind);
    CHECK(outcome.attempts == 1);
    CHECK(!bench.disk.mode("identity"));
    if (row.operation == create) CHECK(bench.service.requests[enroll] == 0);
    CHECK(printable(outcome.error->message) == outcome.error->message);
  }
}

TEST_CASE("a better answer than a certificate for another key is waited for two seconds") {
  Bench bench;
  bench.plan.request_timeout = std::chrono::seconds(15);
  bench.service.react = [](Operation asked, unsigned) {
    return asked == Operation::kCreateCertificateFromCsr ? Reaction{Kind::kOtherKey, {}, {}, {}} : Reaction{};
  };
  const Instant began = bench.clock.now();
  CHECK(failed_as(bench.run()) == kCertificateKeyMismatch);
  CHECK(bench.clock.now() - began == kBetterAnswerPatience);
  CHECK(kBetterAnswerPatience == std::chrono::seconds(2));
}

TEST_CASE("the service's own words are told whole") {
  Bench bench;
  first(bench, Operation::kCreateCertificateFromCsr,
        {Kind::kReject, {404, "ResourceNotFound", std::string(1500, 'x')}, {}, {}});
  const Outcome outcome = bench.run();
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
      Bench bench;
      bench.plan.timeout = std::chrono::seconds{60};
      const std::chrono::milliseconds soon{closed_after};
      const Error lost = network_error(kConnectionLost, row.phase, soon);
      if (row.phase <= Phase::kMqtt)
        bench.transport.on_established = [&](const ConnectRequest&) { return std::optional(lost); };
      if (row.phase == Phase::kSubscribe) {
        bench.transport.on_subscribe = [&](unsigned, const auto&) { return std::optional(lost); };
      }
      bench.service.react = [&](Operation asked, unsigned) {
        const bool enroll = asked == Operation::kRegisterThing;
        const bool here = (row.phase == Phase::kRegister && enroll) || (row.phase == Phase::kCreate && !enroll);
        return here ? Reaction{Kind::kClose, {}, soon, {}} : Reaction{};
      };
      const Outcome outcome = bench.run();
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
    Bench bench;
    std::vector<std::size_t> sizes;
    bench.transport.on_subscribe = [&](unsigned, const std::vector<std::string>& filters) {
      sizes.push_back(filters.size());
      const bool hit = std::find(filters.begin(), filters.end(), denied) != filters.end();
      return hit ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
                 : std::nullopt;
    };
    const Outcome outcome = bench.run();
    CHECK(failed_as(outcome) == kPolicySubscribe);
    CHECK(outcome.attempts == 3);
    CHECK(outcome.error->hint.find("iot:Subscribe on topicfilter/" + denied + " (topicfilter/, not topic/): add ") !=
          std::string::npos);
    // The first connection spends one round trip on all four.
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
    Bench bench;
    bench.plan.attempts = 1;
    bench.transport.on_subscribe = [&](unsigned, const auto&) {
      Error error = network_error(row.kind, Phase::kSubscribe, std::chrono::milliseconds{5});
      error.hint = row.hint;
      return std::optional(std::move(error));
    };
    const Outcome outcome = bench.run();
    CHECK(failed_as(outcome) == row.kind);
    CHECK((outcome.error->hint.find("iot:Subscribe on topicfilter/") != std::string::npos) == row.statement);
    if (!row.hint.empty()) CHECK(outcome.error->hint == row.hint);
  }
}

TEST_CASE("a link that was lost while subscribing costs nothing but round trips") {
  Bench bench;
  bench.transport.on_subscribe = [](unsigned connection, const auto&) {
    return connection == 1
               ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
               : std::nullopt;
  };
  const Outcome outcome = bench.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 2);
}

TEST_CASE("closes at different filters are no refusal of one") {
  Bench bench;
  bench.plan.attempts = 4;
  bench.transport.on_subscribe = [](unsigned connection, const std::vector<std::string>& filters) {
    const bool closes = connection == 1 || filters.front().ends_with(connection % 2 == 0 ? "accepted" : "rejected");
    return closes ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{5}))
                  : std::nullopt;
  };
  CHECK(failed_as(bench.run()) == kConnectionLost);
}

TEST_CASE("a request that the broker keeps out counts as no certificate") {
  Bench bench;
  bench.plan.attempts = 1;
  bench.service.react = [](Operation, unsigned) { return Reaction{Kind::kKeptOut, {}, {}, {}}; };
  for (int run = 0; run < 6; ++run) CHECK(failed_as(bench.run()) == kPolicyPublish);
}

TEST_CASE("fewer than three closes are no refusal") {
  Bench bench;
  bench.plan.attempts = 2;
  bench.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kConnectionLost, Phase::kMqtt, std::chrono::milliseconds{10}));
  };
  CHECK(failed_as(bench.run()) == kConnectionLost);
}

TEST_CASE("every failed attempt is told, the first waits are short, and the last error ends the run") {
  Bench bench;
  bench.plan.client_id = "gateway-1";
  unsigned n = 0;
  bench.transport.on_established = [&n](const ConnectRequest&) {
    ++n;
    return std::optional(network_error(n % 2 == 0 ? kDns : kNoAnswer, n % 2 == 0 ? Phase::kResolve : Phase::kMqtt));
  };
  const Outcome outcome = bench.run();
  const auto& failures = bench.observer->failures;
  REQUIRE(failures.size() == outcome.attempts);
  REQUIRE(failures.size() > 5);
  CHECK(*failures[0].next_try_in <= std::chrono::seconds{1});
  CHECK(*failures[1].next_try_in <= std::chrono::seconds{2});
  CHECK(!failures.back().next_try_in);
  CHECK(failed_as(outcome) == failures.back().error.kind);
  // A CONNECT had left: the same client id rests for a second.
  CHECK(*failures[0].next_try_in >= std::chrono::seconds{1});
}

TEST_CASE("a broker that refuses MQTT 5 is spoken to in 3.1.1 at once") {
  Bench bench;
  bench.transport.on_established = refuse_mqtt5;
  const Outcome outcome = bench.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 2);
  CHECK(bench.clock.sleeps == 0);
  CHECK(outcome.connection->mqtt_version == MqttVersion::k311);
}

TEST_CASE("tokens refused for ever cost four certificates an hour, and no more") {
  for (const Method method : {Method::kCsr, Method::kKeys}) {
    Bench bench;
    bench.plan.method = method;
    bench.service.tokens_to_refuse = 5;
    CHECK(failed_as(bench.run()) == kCertificateLimit);
    CHECK(bench.service.certificates.size() == 4);
    for (int boot = 0; boot < 3; ++boot) {
      bench.clock.reboot();
      bench.clock.pass(std::chrono::minutes{19});
      const Outcome outcome = bench.run();
      CHECK(failed_as(outcome) == kCertificateLimit);
      CHECK(outcome.attempts == 0);
    }
    bench.clock.pass(std::chrono::minutes{4});
    CHECK(bench.run().kind == OutcomeKind::kProvisioned);
    CHECK(bench.service.certificates.size() == 6);
  }
}

TEST_CASE("the bound tells what has used it up") {
  Bench bench;
  bench.service.react = [](Operation, unsigned) { return Reaction{Kind::kNothing, {}, {}, {}}; };
  const Outcome outcome = bench.run();
  CHECK(failed_as(outcome) == kCertificateLimit);
  CHECK(outcome.error->message.find("; the last attempt: no response to CreateCertificateFromCsr") !=
        std::string::npos);
  CHECK(outcome.error->hint.find("; then rerun in 60 minutes") != std::string::npos);
}

TEST_CASE("rejected requests use up nothing of the bound") {
  Bench bench;
  bool healthy = false;
  bench.service.react = [&healthy](Operation, unsigned) {
    return healthy ? Reaction{} : Reaction{Kind::kReject, {400, "InvalidCsr", ""}, {}, {}};
  };
  for (int run = 0; run < 10; ++run) CHECK(failed_as(bench.run()) == kRejected);
  healthy = true;
  CHECK(bench.run().kind == OutcomeKind::kProvisioned);
}

TEST_CASE("a clock that is not set is waited for, and is its own cause") {
  for (const bool set_meanwhile : {true, false}) {
    Bench bench;
    bench.clock.set_wall(*parse_rfc3339("1970-01-02T00:00:00Z"));
    if (set_meanwhile) {
      bench.clock.on_sleep = [&bench] {
        if (bench.clock.sleeps == 20) bench.clock.set_wall(*parse_rfc3339("2026-11-23T06:12:00Z"));
      };
    }
    const Outcome outcome = bench.run();
    CHECK((outcome.kind == OutcomeKind::kProvisioned) == set_meanwhile);
    if (!set_meanwhile) CHECK(failed_as(outcome) == kClockNotSet);
    CHECK(bench.transport.connections.size() == (set_meanwhile ? 1 : 0));
  }
}

TEST_CASE("an interrupt ends a wait, is not told as a failed attempt, and keeps what was reached") {
  Bench bench;
  first(bench, Operation::kRegisterThing, {Kind::kNothing, {}, {}, {}});
  bench.clock.interrupted = true;
  CHECK(failed_as(bench.run()) == kInterrupted);
  bench.clock.interrupted = false;
  const Outcome outcome = bench.run();
  CHECK(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.resumed);
  CHECK(bench.service.certificates.size() == 1);
}
