// The findings of `check`, with fakes: it continues after a failure where later checks are still useful, changes and
// creates nothing, and ends with the error of a run.
#include "tests/unit/workflow/check_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::fakes;
using namespace fleet_provision::test;
using enum ErrorKind;
using Kind = Reaction::Kind;

TEST_CASE("where all is well each finding has its line, and the probes say what they are") {
  CheckFixture fixture;
  const Outcome outcome = fixture.run_check();
  CHECK(outcome.kind == OutcomeKind::kChecked);
  CHECK(results(outcome, "configuration") ==
        "configuration=ok identity=ok claim=ok claim-key-mode=ok state-directory=ok clock=ok name=ok tcp=ok tls=ok "
        "connect=ok "
        "subscribe=ok publish-create=ok receive-create=ok publish-register=ok receive-register=ok");
  CHECK(line(outcome, "publish-create").message.find("a probe that creates nothing") != std::string::npos);
  CHECK(line(outcome, "receive-register").message.find("received the expected rejection") != std::string::npos);
  // A rejected probe is a success.
  for (const char* phase : {"create", "register"}) {
    INFO(phase);
    CHECK(fixture.recorder->recorded("began " + std::string(phase)));
    CHECK(fixture.recorder->recorded("ended " + std::string(phase)));
  }
  CHECK(outcome.attempts == 1);
}

TEST_CASE("a clock before the build or before the claim is behind, and the later of the two is named") {
  struct Row {
    const char* now;
    const char* claim_begins;
    const char* message;
  };
  for (const Row& row :
       {Row{"2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z", nullptr},
        Row{"2025-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "before this program was built (2026-01-01T00:00:00Z)"},
        Row{"2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z", nullptr},
        Row{"2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z",
            "before the claim certificate becomes valid (2026-02-01T00:00:00Z)"}}) {
    INFO(row.now);
    CheckFixture fixture;
    fixture.clock.set_wall(*parse_rfc3339(row.now));
    fixture.transport.claim_not_before = *parse_rfc3339(row.claim_begins);
    const Outcome outcome = fixture.run_check();
    CHECK((line(outcome, "clock").result == CheckResult::kOk) == (row.message == nullptr));
    CHECK(line(outcome, "clock").message.ends_with(row.message != nullptr ? row.message : row.now));
    if (row.message != nullptr) CHECK(failed_as(outcome) == kClockNotSet);
  }
}

TEST_CASE("--no-probe and CreateKeysAndCertificate send nothing") {
  for (const bool keys : {false, true}) {
    CheckFixture fixture;
    if (keys) fixture.plan.method = Method::kKeys;
    const Outcome outcome = fixture.run_check(keys);
    CHECK(outcome.kind == OutcomeKind::kChecked);
    CHECK(fixture.service.requests[kCreate] == 0);
    CHECK(fixture.service.requests[Operation::kCreateKeysAndCertificate] == 0);
    CHECK(fixture.service.requests[kEnroll] == (keys ? 1 : 0));
    CHECK(line(outcome, "publish-create").result == CheckResult::kSkipped);
    CHECK(line(outcome, "receive-create").result == CheckResult::kSkipped);
  }
}

TEST_CASE("a failure is reported in its step, and skips only the steps that need it") {
  struct Row {
    Phase phase;
    ErrorKind kind;
    const char* lines;
  };
  const Row rows[] = {
      {Phase::kResolve, kDns, "name=failed tcp=skipped tls=skipped connect=skipped subscribe=skipped "},
      {Phase::kTcp, kConnectionRefused, "name=ok tcp=failed tls=skipped connect=skipped subscribe=skipped "},
      {Phase::kTls, kTlsUntrustedServer, "name=ok tcp=ok tls=failed connect=skipped subscribe=skipped "},
      {Phase::kMqtt, kPolicyConnect, "name=ok tcp=ok tls=ok connect=failed subscribe=skipped "},
      {Phase::kSubscribe, kPolicySubscribe, "name=ok tcp=ok tls=ok connect=ok subscribe=failed "},
  };
  for (const Row& row : rows) {
    INFO(word(row.kind));
    CheckFixture fixture;
    const Error error = network_error(row.kind, row.phase);
    if (row.phase == Phase::kSubscribe) {
      fixture.transport.on_subscribe = [&error](unsigned, const auto&) { return std::optional(error); };
    } else {
      fixture.transport.on_established = [&error](const ConnectRequest&) { return std::optional(error); };
    }
    const Outcome outcome = fixture.run_check();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == row.kind);
    CHECK(results(outcome, "name") == std::string(row.lines) +
                                          "publish-create=skipped receive-create=skipped "
                                          "publish-register=skipped receive-register=skipped");
    // Reported at once, because a second attempt would give no more information.
    CHECK(outcome.attempts == 1);
    CHECK(fixture.clock.sleeps == 0);
  }
}

TEST_CASE("a close is asked about as often as a run would, and called by the same name") {
  CheckFixture fixture;
  fixture.transport.on_subscribe = [](unsigned, const std::vector<std::string>& filters) {
    const bool hit = filters.size() == 4 || filters.front().ends_with("create-from-csr/json/rejected");
    return hit ? std::optional(network_error(kConnectionLost, Phase::kSubscribe, std::chrono::milliseconds{3}))
               : std::nullopt;
  };
  Outcome outcome = fixture.run_check();
  CHECK(outcome.error->kind == kPolicySubscribe);
  CHECK(outcome.attempts == 3);
  CHECK(line(outcome, "subscribe").hint.find("topicfilter/$aws/certificates/create-from-csr/json/rejected") !=
        std::string::npos);

  CheckFixture once;
  once.plan.attempts = 1;
  once.transport.on_subscribe = fixture.transport.on_subscribe;
  outcome = once.run_check();
  CHECK(outcome.error->kind == kConnectionLost);
  CHECK(outcome.attempts == 1);
}

TEST_CASE("an older broker is asked in its own version") {
  CheckFixture fixture;
  fixture.transport.on_established = refuse_mqtt5;
  const Outcome outcome = fixture.run_check();
  CHECK(outcome.kind == OutcomeKind::kChecked);
  CHECK(line(outcome, "connect").message == "connected with MQTT 3.1.1");
  CHECK(outcome.attempts == 2);
}

TEST_CASE("publish and receive are distinguished") {
  struct Row {
    const char* name;
    Reaction reaction;
    std::optional<bool> acknowledges;
    ErrorKind kind;
    const char* lines;
  };
  const Row rows[] = {
      {"kept out", {Kind::kPubackRefused}, true, kPolicyPublish, "=failed receive-#=skipped"},
      {"silent though acknowledged", {Kind::kNothing}, true, kNoAnswer, "=ok receive-#=failed"},
      {"silent altogether", {Kind::kNothing}, false, kNoAnswer, "=warning receive-#=failed"},
      {"silent, and nobody knows", {Kind::kNothing}, {}, kNoAnswer, "=warning receive-#=failed"},
      {"closed", {Kind::kClose}, true, kPolicyPublish, "=failed receive-#=skipped"},
      {"not the answer of a service",
       {.kind = Kind::kReject, .words = {403, "AccessDenied", "no"}},
       true,
       kRejected,
       "=ok receive-#=ok answer-#=failed"},
      {"throttled",
       {.kind = Kind::kReject, .words = {429, "TooManyRequests", "no"}},
       true,
       kThrottled,
       "=ok receive-#=ok answer-#=failed"},
      {"broken down",
       {.kind = Kind::kReject, .words = {500, "InternalFailure", "no"}},
       true,
       kServiceError,
       "=ok receive-#=ok answer-#=failed"},
  };
  for (const Row& row : rows) {
    for (const Operation operation : {kCreate, kEnroll}) {
      const std::string suffix = operation == kCreate ? "create" : "register";
      INFO(row.name << ", " << suffix);
      CheckFixture fixture;
      fixture.transport.acknowledges = row.acknowledges;
      fixture.service.react = [&](Operation asked, unsigned nth) {
        return asked == operation ? row.reaction : as_the_service(asked, nth);
      };
      const Outcome outcome = fixture.run_check();
      REQUIRE(outcome.error);
      CHECK(outcome.error->kind == row.kind);
      std::string wanted = "publish-#" + std::string(row.lines);
      for (auto at = wanted.find('#'); at != std::string::npos; at = wanted.find('#')) wanted.replace(at, 1, suffix);
      const std::string all_well = operation == kCreate ? " publish-register=ok receive-register=ok" : "";
      CHECK(results(outcome, "publish-" + suffix) == wanted + all_well);
    }
  }
}

TEST_CASE("a claim that cannot be used does not hide what can be known without it") {
  CheckFixture fixture;
  fixture.transport.credentials_error = Error{kClaimExpired, Phase::kLoad, "expired", "", std::nullopt, std::nullopt};
  fixture.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kClaimRefused, Phase::kTls));
  };
  Outcome outcome = fixture.run_check();
  CHECK(outcome.error->kind == kClaimExpired);
  CHECK(results(outcome, "claim") ==
        "claim=failed claim-key-mode=ok state-directory=ok clock=ok name=ok tcp=ok tls=ok connect=skipped "
        "subscribe=skipped publish-create=skipped receive-create=skipped publish-register=skipped "
        "receive-register=skipped");
  fixture.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kTlsNameMismatch, Phase::kTls));
  };
  outcome = fixture.run_check();
  CHECK(outcome.error->kind == kClaimExpired);
  CHECK(line(outcome, "tls").result == CheckResult::kFailed);
}

TEST_CASE("without a usable claim a refusal of the connection is expected, and other errors are not") {
  const auto closed = [](ErrorKind kind, Phase phase) {
    return network_error(kind, phase, std::chrono::milliseconds{3});
  };
  struct Row {
    Error error;
    bool expected;
  };
  for (const Row& row :
       {Row{network_error(kClaimRefused, Phase::kTls), true}, Row{network_error(kClaimRefused, Phase::kMqtt), true},
        Row{network_error(kPolicyConnect, Phase::kMqtt), true}, Row{closed(kConnectionLost, Phase::kTls), true},
        Row{closed(kConnectionLost, Phase::kMqtt), true}, Row{network_error(kConnectionLost, Phase::kMqtt), false},
        Row{closed(kNoAnswer, Phase::kMqtt), false}, Row{network_error(kTlsFailed, Phase::kTls), false}}) {
    INFO(word(row.error.kind) << " in " << word(*row.error.phase));
    CheckFixture fixture;
    fixture.transport.credentials_error = Error{kClaimExpired, Phase::kLoad, "expired", "", std::nullopt, std::nullopt};
    fixture.transport.on_established = [&row](const ConnectRequest&) { return std::optional(row.error); };
    const Outcome outcome = fixture.run_check();
    CHECK(outcome.error->kind == kClaimExpired);
    const bool well =
        line(outcome, "tls").result == CheckResult::kOk && line(outcome, "connect").result == CheckResult::kSkipped;
    CHECK(well == row.expected);
  }
}

TEST_CASE("a client ID of the user rests for a second before check uses it again") {
  CheckFixture fixture;
  fixture.plan.client_id = "gateway-1";
  fixture.service.react = [&](Operation, unsigned) { return Reaction{.kind = Kind::kClose}; };
  static_cast<void>(fixture.run_check());
  const auto& at = fixture.transport.connected_at;
  REQUIRE(at.size() >= 2);
  for (std::size_t i = 1; i < at.size(); ++i) CHECK(at[i] - at[i - 1] >= std::chrono::seconds(1));
}
