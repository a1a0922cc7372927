// The findings of `check`, with fakes: it continues after a failure where later checks are still useful, changes and
// creates nothing, and ends with the error of a run.
#include "workflow/commands/check.hpp"

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::fakes;
using namespace fleet_provision::test;
using enum ErrorKind;
using Kind = Reaction::Kind;

namespace {

constexpr Operation kCreate = Operation::kCreateCertificateFromCsr;
constexpr Operation kEnroll = Operation::kRegisterThing;

Reaction rejecting(const ServiceError& words) {
  return {.kind = Kind::kReject, .words = words};
}

/// Reacts to probes like AWS.
Reaction as_the_service(Operation, unsigned) {
  return rejecting({400, "InvalidRequest", "no"});
}

struct CheckFixture : WorkflowFixture {
  CheckFixture() {
    service.react = as_the_service;
    plan.claim_key_file = "claim.key";
  }

  Outcome run_check(bool probe = true) {
    recorder = std::make_unique<RunRecorder>();
    PhaseLog log(*recorder, clock);
    const std::size_t operations = disk.log.size();
    Outcome outcome = check(plan, {transport, keysmith, disk, clock, log, &host_system}, log, probe);
    // Whatever was found.
    CHECK(disk.log.size() == operations);
    CHECK(service.certificates.empty());
    CHECK(transport.closed == transport.connections.size());
    CHECK((outcome.kind == OutcomeKind::kFailed) == outcome.error.has_value());
    bool any_failed = false;
    for (const Check& each : outcome.checks) any_failed = any_failed || each.result == CheckResult::kFailed;
    CHECK(any_failed == outcome.error.has_value());
    return outcome;
  }

  std::unique_ptr<RunRecorder> recorder;
};

/// `name=ok name=failed …` of the lines from `first` on.
std::string results(const Outcome& outcome, const std::string& first) {
  std::string text;
  bool on = false;
  for (const Check& each : outcome.checks) {
    on = on || each.name == first;
    const char* word[] = {"ok", "warning", "failed", "skipped"};
    if (on) text += (text.empty() ? "" : " ") + each.name + "=" + word[static_cast<int>(each.result)];
  }
  return text;
}

const Check& line(const Outcome& outcome, const std::string& name) {
  for (const Check& each : outcome.checks) {
    if (each.name == name) return each;
  }
  FAIL("there is no line " << name);
  std::abort();
}

}  // namespace

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

TEST_CASE("the key that is given beside a CSR is the one that signed it") {
  for (const bool fits : {true, false}) {
    INFO(fits);
    CheckFixture fixture;
    fixture.keysmith.files["/csr.pem"] = "BEGIN-CSR " + fake_digest(fake_key_pem("far")) + " CN=x END-CSR\n";
    fixture.keysmith.files["/key.pem"] = fake_key_pem(fits ? "far" : "another");
    fixture.plan.key_source = ExistingCsr{"/csr.pem", "/key.pem"};
    const Outcome outcome = fixture.run_check(false);
    CHECK((line(outcome, "device-key").result == CheckResult::kOk) == fits);
    if (!fits) CHECK(outcome.error->kind == kDeviceKeyUnusable);
  }
}

TEST_CASE("an unfinished run with the claim's own key is in the way only once its thing is registered") {
  for (const bool registered : {false, true}) {
    for (const bool claims_own : {false, true}) {
      INFO(registered << claims_own);
      CheckFixture fixture;
      fixture.keysmith.files["/key.pem"] = fake_key_pem("shared");
      fixture.plan.key_source = ExistingKey{"/key.pem"};
      fixture.plan.attempts = 1;
      fixture.service.react = [registered](Operation asked, unsigned) {
        return asked == kEnroll && !registered ? Reaction{Kind::kNothing} : Reaction{};
      };
      fixture.disk.before = [](const std::string& operation) -> Result<void> {
        return operation == "remove_file pending/journal" ? Result<void>(fail(kDiskError, "no")) : Result<void>();
      };
      REQUIRE(fixture.run().error);
      fixture.disk.before = nullptr;
      fixture.service.react = as_the_service;
      fixture.service.certificates.clear();
      fixture.keysmith.files["/key.pem"] = fake_key_pem("own");
      if (claims_own) fixture.transport.claim_public_key = fake_digest(fake_key_pem("shared"));
      const Outcome outcome = fixture.run_check(false);
      CHECK((line(outcome, "state-directory").result == CheckResult::kFailed) == (registered && claims_own));
      fixture.plan.force = true;
      CHECK(line(fixture.run_check(false), "state-directory").result == CheckResult::kOk);
    }
  }
}

TEST_CASE("roots that cannot be used end the way, not the look at the files") {
  CheckFixture fixture;
  const Error error{kCaFileUnusable, Phase::kLoad, "CA file x holds no PEM certificate", "",
                    std::nullopt,    std::nullopt};
  fixture.transport.roots_error = error;
  fixture.transport.credentials_error = error;
  const Outcome outcome = fixture.run_check();
  CHECK(outcome.error->kind == kCaFileUnusable);
  CHECK(line(outcome, "claim").result == CheckResult::kOk);
  CHECK(line(outcome, "trusted-roots").result == CheckResult::kFailed);
  CHECK(line(outcome, "name").result == CheckResult::kSkipped);
  CHECK(outcome.attempts == 0);
}

TEST_CASE("what stands on this machine is looked at whatever the network does") {
  CheckFixture fixture;
  fixture.host_system.mode = 0644;
  fixture.host_system.write_error = Error{kDiskFull, std::nullopt, "full", "", std::nullopt, std::nullopt};
  fixture.clock.set_wall(*parse_rfc3339("1970-01-01T00:00:00Z"));
  const Outcome outcome = fixture.run_check();
  CHECK(line(outcome, "claim-key-mode").result == CheckResult::kWarning);
  CHECK(line(outcome, "clock").message.find("the clock says 1970-01-01T00:00:00Z") != std::string::npos);
  CHECK(line(outcome, "state-directory").result == CheckResult::kFailed);
  CHECK(line(outcome, "receive-register").result == CheckResult::kOk);
  // The first failure is the first error of a run.
  CHECK(outcome.error->kind == kDiskFull);
}

TEST_CASE("the program of --on-success is looked at last, as it is run last") {
  CheckFixture fixture;
  fixture.plan.on_success = "./announce";
  CHECK(fixture.run_check().checks.back().name == "on-success");
  fixture.host_system.program_error = Error{kOnSuccessFailed, std::nullopt, "no", "", std::nullopt, std::nullopt};
  CHECK(fixture.run_check().error->kind == kOnSuccessFailed);
  fixture.transport.on_established = [](const ConnectRequest&) {
    return std::optional(network_error(kDns, Phase::kResolve));
  };
  CHECK(fixture.run_check().error->kind == kDns);
}

TEST_CASE("a provisioned gateway misses no claim, and the identity of another gateway is reported") {
  CheckFixture fixture;
  fixture.service.react = {};
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.service.certificates.clear();
  fixture.service.react = as_the_service;
  fixture.transport.credentials_error = Error{kFileNotFound, Phase::kLoad, "gone", "", std::nullopt, std::nullopt};
  fixture.host_system.write_error = Error{kStateNotWritable, std::nullopt, "no", "", std::nullopt, std::nullopt};
  Outcome outcome = fixture.run_check();
  CHECK(outcome.kind == OutcomeKind::kChecked);
  CHECK(line(outcome, "claim").result == CheckResult::kWarning);
  fixture.plan.parameters["SerialNumber"] = "4712";
  outcome = fixture.run_check();
  CHECK(outcome.error->kind == kOtherIdentity);
  CHECK(line(outcome, "claim").result == CheckResult::kFailed);
}

TEST_CASE("the store of a new key has a line for each finding, and the first failure ends the check") {
  CheckFixture fixture;
  fixture.plan.key_source = MakeKey{KeyType::kEcP256, TokenStore{"pkcs11:token=fleet;object=device"}};
  fixture.keysmith.findings.push_back({"key-device", std::string("token fleet")});
  fixture.keysmith.findings.push_back({"key-pin", fail(kPinWrong, "CKR_PIN_INCORRECT (0xa0)", "correct --pin-file")});
  const Outcome outcome = fixture.run_check();
  REQUIRE(outcome.error);
  CHECK(outcome.error->kind == kPinWrong);
  CHECK(line(outcome, "key-device").message == "token fleet");
  CHECK(line(outcome, "key-pin").hint == "correct --pin-file");
  CHECK(results(outcome, "clock").starts_with("clock=ok key-device=ok key-pin=failed "));
  // A run that uses only files asks no device.
  fixture.plan.key_source = MakeKey{};
  CHECK_FALSE(fixture.run_check().error);
}

TEST_CASE("the place of a key that exists already need not be free") {
  CheckFixture fixture;
  fixture.plan.key_source = MakeKey{KeyType::kEcP256, TpmStore{0x81000010}};
  fixture.keysmith.findings.push_back({"key-room", fail(kTpmHandleOccupied, "0x81000010 holds a key")});
  CHECK(fixture.run_check().error->kind == kTpmHandleOccupied);

  fixture.plan.attempts = 1;
  CHECK(fixture.run().kind == OutcomeKind::kFailed);
  CHECK(line(fixture.run_check(), "key-store").message == "an unfinished run has planned or made its key there");

  fixture.service.react = nullptr;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  RunRecorder recorder;
  PhaseLog log(recorder, fixture.clock);
  const Ports ports{fixture.transport, fixture.keysmith, fixture.disk, fixture.clock, log, &fixture.host_system};
  const Outcome provisioned = check(fixture.plan, ports, log, false);
  CHECK(line(provisioned, "key-store").message == "this gateway is provisioned; a run makes no key");
}

TEST_CASE("a claim key in hardware has no mode") {
  CheckFixture fixture;
  fixture.plan.claim_key_file = "handle:0x81000001";
  fixture.plan.claim_files_to_remove = {"claim.pem"};
  const Outcome outcome = fixture.run_check();
  CHECK_FALSE(outcome.error);
  CHECK(results(outcome, "claim").find("claim-key-mode") == std::string::npos);
  CHECK(line(outcome, "claim-removal").message == "the claim file can be deleted");
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
