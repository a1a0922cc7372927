// A step that the broker answers by closing the connection: when that is a denial, and what it is called.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

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

TEST_CASE("an error without a phase gets that of its step") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 1;
  fixture.transport.on_subscribe = [](unsigned, const auto&) {
    return std::optional(fail(kConnectionLost, "closed").value());
  };
  const Outcome outcome = fixture.run();
  CHECK(failed_as(outcome) == kConnectionLost);
  CHECK(outcome.error->phase == Phase::kSubscribe);

  WorkflowFixture expired;
  REQUIRE(expired.run().kind == OutcomeKind::kProvisioned);
  expired.plan.verify = true;
  expired.clock.set_wall(*parse_rfc3339("2050-01-01T00:00:00Z"));
  const Ports ports{expired.transport, expired.keysmith, expired.disk, expired.clock, *expired.observer, nullptr};
  const Outcome proof = provision(expired.plan, ports);
  CHECK(failed_as(proof) == kIssuedCertificateExpired);
  CHECK(proof.error->phase == Phase::kVerify);
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

TEST_CASE("fewer than three closes are no refusal") {
  WorkflowFixture fixture;
  fixture.plan.attempts = 2;
  fixture.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kConnectionLost, Phase::kMqtt, std::chrono::milliseconds{10}));
  };
  CHECK(failed_as(fixture.run()) == kConnectionLost);
}
