// What `check` finds on this machine: keys, roots, the state directory, the program of --on-success.
#include "tests/unit/workflow/check_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::fakes;
using namespace fleet_provision::test;
using enum ErrorKind;
using Kind = Reaction::Kind;

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
