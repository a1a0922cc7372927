// --verify, --remove-claim, --on-success, --owner and --splay: the order of the steps, the remaining steps after a
// failure, and that no step is done twice.
#include <algorithm>

#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/commands/verify.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using enum ErrorKind;

namespace {

WorkflowFixture& with_everything(WorkflowFixture& fixture) {
  fixture.plan.verify = true;
  fixture.plan.claim_files_to_remove = {"claim.key", "claim.pem"};
  fixture.plan.on_success = "/usr/bin/hook";
  return fixture;
}

/// The server refuses the issued identity this many times.
void refuse_identity(WorkflowFixture& fixture, unsigned times, ErrorKind kind = kPolicyConnect) {
  fixture.transport.on_established = [&fixture, times, kind](const ConnectRequest&) -> std::optional<Error> {
    const bool refused = !fixture.transport.speaks_as.empty() && fixture.transport.as_identity <= times;
    if (!refused) return std::nullopt;
    return network_error(kind, Phase::kMqtt, std::chrono::milliseconds{50});
  };
}

std::vector<std::pair<std::string, std::string>> variables_of(const WorkflowFixture& fixture) {
  return fixture.host_system.calls.at(0).variables;
}

}  // namespace

TEST_CASE("the identity connects before it is installed; then the claim is removed and the program runs, once") {
  WorkflowFixture fixture;
  with_everything(fixture);
  fixture.transport.on_established = [&fixture](const ConnectRequest& request) -> std::optional<Error> {
    if (fixture.transport.speaks_as.empty()) return std::nullopt;
    CHECK(request.client_id == "gateway-1");
    CHECK(!fixture.disk.text("identity/identity.json"));
    CHECK(fixture.host_system.removed.empty());
    CHECK(fixture.transport.closed == 1);
    return std::nullopt;
  };
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 1);
  CHECK(fixture.transport.as_identity == 1);
  CHECK(fixture.disk.text("identity/identity.json")->find("\"verifiedAt\": \"2026") != std::string::npos);
  CHECK(fixture.host_system.removed == std::vector<std::string>{"claim.key", "claim.pem"});
  CHECK(fixture.host_system.calls.size() == 1);
  CHECK(fixture.host_system.calls.at(0).deadline == fixture.clock.now() + fixture.plan.timeout);
  CHECK(!fixture.disk.text("on-success-owed"));
  CHECK(variables_of(fixture).size() == 10);
  CHECK(variables_of(fixture)[0].second == "gateway-1");
  CHECK(variables_of(fixture)[7].second == "/state/identity/private-key.pem");

  const std::size_t operations = fixture.disk.log.size();
  const Outcome again = fixture.run();
  CHECK(again.kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.transport.as_identity == 1);
  CHECK(fixture.host_system.calls.size() == 1);
  CHECK(fixture.disk.log.size() == operations);
}

TEST_CASE("a policy that spreads slowly is waited for; one that never comes leaves the identity unfinished") {
  for (const ErrorKind kind : {kPolicyConnect, kClaimRefused, kConnectionRejected, kConnectionLost}) {
    WorkflowFixture slow;
    slow.plan.verify = true;
    refuse_identity(slow, 4, kind);
    CHECK(slow.run().kind == OutcomeKind::kProvisioned);
    CHECK(slow.service.certificates.size() == 1);

    WorkflowFixture never;
    with_everything(never);
    refuse_identity(never, 1'000'000, kind);
    const Outcome outcome = never.run();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == kIdentityRefused);
    CHECK(outcome.error->phase == Phase::kVerify);
    CHECK(outcome.error->hint.find("iot:Connect on client/gateway-1") != std::string::npos);
    CHECK(!never.disk.text("identity/identity.json"));
    CHECK(never.host_system.removed.empty());
    CHECK(never.host_system.calls.empty());

    never.transport.on_established = nullptr;
    const Outcome next = never.run();
    CHECK(next.kind == OutcomeKind::kProvisioned);
    CHECK(next.resumed);
    CHECK(next.certificates_requested == 0);
    CHECK(never.service.certificates.size() == 1);
    CHECK(never.host_system.calls.size() == 1);
  }
}

TEST_CASE("with --force an identity that works stays until the new one is proved") {
  WorkflowFixture fixture;
  fixture.run();
  const auto before = fixture.disk.text("identity/identity.json");
  fixture.plan.force = true;
  fixture.plan.verify = true;
  fixture.plan.attempts = 1;
  refuse_identity(fixture, 1'000'000);
  CHECK(fixture.run().error->kind == kIdentityRefused);
  CHECK(fixture.disk.text("identity/identity.json") == before);
}

TEST_CASE("a provisioned gateway does what is still missing") {
  WorkflowFixture fixture;
  fixture.run();
  with_everything(fixture);
  const Outcome outcome = fixture.run();
  CHECK(outcome.kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.transport.as_identity == 1);
  CHECK(fixture.host_system.removed.size() == 2);
  // The run that installed the identity had no --on-success.
  CHECK(fixture.host_system.calls.empty());
  fixture.run();
  CHECK(fixture.transport.as_identity == 1);
}

TEST_CASE("the proof that an installed identity still lacks waits for no other run") {
  WorkflowFixture fixture;
  fixture.run();
  fixture.plan.verify = true;
  fixture.disk.locked_by_other = true;
  const std::size_t connections = fixture.transport.connections.size();
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.error);
  CHECK(outcome.error->kind == kLocked);
  CHECK(fixture.transport.connections.size() == connections);
}

TEST_CASE("a program that fails is run again until it exits 0") {
  WorkflowFixture fixture;
  fixture.plan.on_success = "/usr/bin/hook";
  Error failed;
  failed.kind = kOnSuccessFailed;
  fixture.host_system.program_error = failed;
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = fixture.run();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == kOnSuccessFailed);
    CHECK(outcome.error->phase == Phase::kOnSuccess);
    CHECK(outcome.identity);
    CHECK(retryable(outcome.error->kind));
    CHECK(exit_code(outcome.error->kind) == ExitCode::kSoftware);
  }
  fixture.host_system.program_error.reset();
  fixture.plan.on_success.reset();
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.host_system.calls.empty());
  fixture.plan.on_success = "/usr/bin/hook";
  // Another run may be running it just now.
  fixture.disk.locked_by_other = true;
  CHECK(fixture.run().error->kind == kLocked);
  CHECK(fixture.host_system.calls.empty());
  fixture.disk.locked_by_other = false;
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.host_system.calls.size() == 1);
  CHECK(fixture.service.certificates.size() == 1);
}

TEST_CASE("a client id that was used just now rests for a second before the proof") {
  WorkflowFixture fixture;
  fixture.plan.verify = true;
  fixture.plan.client_id = "gateway-1";
  fixture.run();
  REQUIRE(fixture.transport.connected_at.size() == 2);
  CHECK(fixture.transport.connected_at[1] - fixture.transport.connected_at[0] >= std::chrono::seconds{1});
  WorkflowFixture other;
  other.plan.verify = true;
  other.plan.verify_client_id = "another";
  other.run();
  CHECK(other.transport.connections.at(1).client_id == "another");
}

TEST_CASE("the files are given away before the commit, the journal never") {
  WorkflowFixture fixture;
  fixture.plan.owner = Owner{1000, 1000};
  bool journal_seen = false;
  fixture.disk.before = [&](const std::string& operation) -> Result<void> {
    if (operation.rfind("set_owner", 0) != 0) return {};
    CHECK(!fixture.disk.text("identity/identity.json"));
    // The removal is durable, so that no power cut brings it back.
    const auto& log = fixture.disk.log;
    const auto removed = std::find(log.begin(), log.end(), "remove_file pending/journal");
    if (operation == "set_owner pending") CHECK(std::find(removed, log.end(), "sync_directory pending") != log.end());
    journal_seen = journal_seen || fixture.disk.text("pending/journal");
    return {};
  };
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(!journal_seen);
  for (const char* path : {"identity", "identity/private-key.pem", "identity/identity.json", "identity/thing-name"}) {
    const auto facts = fixture.disk.inspect(path);
    CHECK((*facts)->user == 1000);
  }
  // Files that are written later have that owner too.
  fixture.disk.before = nullptr;
  fixture.plan.verify = true;
  fixture.run();
  CHECK((*fixture.disk.inspect("identity/identity.json"))->user == 1000);
}

TEST_CASE("a run that was cut off after it gave its files away is finished by the next one") {
  WorkflowFixture fixture;
  fixture.plan.owner = Owner{1000, 1000};
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    return operation == "rename pending identity" ? Result<void>(fail(kDiskError, "broken")) : Result<void>();
  };
  REQUIRE(fixture.run().error);
  REQUIRE((*fixture.disk.inspect("pending"))->user == 1000);
  fixture.disk.before = nullptr;
  // With a journal in it, the directory was never given away by this program.
  auto with_journal = fixture.disk.clone();
  with_journal->put("pending/journal", "");
  const Ports ports{fixture.transport, fixture.keysmith, *with_journal, fixture.clock, *fixture.observer, nullptr};
  const Outcome refused = provision(fixture.plan, ports);
  REQUIRE(refused.error);
  CHECK(refused.error->kind == kStateNotPrivate);
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.service.certificates.size() == 1);
}

TEST_CASE("the splay is not counted in the timeout, by a provisioned gateway not at all") {
  WorkflowFixture fixture;
  fixture.plan.splay = std::chrono::hours{1};
  fixture.plan.timeout = std::chrono::seconds{10};
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.clock.sleeps == 1);
  fixture.run();
  CHECK(fixture.clock.sleeps == 1);
  WorkflowFixture stopped;
  stopped.plan.splay = std::chrono::hours{1};
  stopped.clock.interrupted = true;
  CHECK(stopped.run().error->kind == kInterrupted);
  CHECK(stopped.transport.connections.empty());
}

TEST_CASE("verify says whether the installed identity works, and records when") {
  WorkflowFixture fixture;
  fakes::RunRecorder observer;
  const Ports ports{fixture.transport, fixture.keysmith, fixture.disk, fixture.clock, observer};
  CHECK(verify_installed(fixture.plan, ports).error->kind == kNotProvisioned);
  fixture.run();
  refuse_identity(fixture, 2);
  const Outcome proved = verify_installed(fixture.plan, ports);
  fixture.disk.release_lock();
  CHECK(proved.kind == OutcomeKind::kVerified);
  CHECK(proved.attempts == 3);
  CHECK(fixture.disk.text("identity/identity.json")->find("\"verifiedAt\": \"2026") != std::string::npos);
  fixture.plan.attempts = 1;
  refuse_identity(fixture, 1'000'000);
  CHECK(verify_installed(fixture.plan, ports).error->kind == kIdentityRefused);
  fixture.disk.release_lock();
}

TEST_CASE("verify needs the key of a CSR, which is not in the state directory") {
  WorkflowFixture fixture;
  fixture.keysmith.files["/csr.pem"] =
      "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem("far")) + " CN=x END-CSR\n";
  fixture.keysmith.files["/far.pem"] = fakes::fake_key_pem("far");
  fixture.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  const Ports ports{fixture.transport, fixture.keysmith, fixture.disk, fixture.clock, *fixture.observer};
  const Outcome without = verify_installed(fixture.plan, ports);
  CHECK(failed_as(without) == kUsage);
  CHECK(without.error->hint == "give it with --key");
  fixture.disk.release_lock();
  fixture.plan.key_source = ExistingCsr{"/csr.pem", "/far.pem"};
  CHECK(verify_installed(fixture.plan, ports).kind == OutcomeKind::kVerified);
  fixture.disk.release_lock();
  fixture.plan.key_source = ExistingKey{"/far.pem"};
  CHECK(verify_installed(fixture.plan, ports).kind == OutcomeKind::kVerified);
  fixture.disk.release_lock();
}

TEST_CASE("verify waits for no other run, and needs no right to write") {
  WorkflowFixture fixture;
  fixture.run();
  fakes::RunRecorder observer;
  const Ports ports{fixture.transport, fixture.keysmith, fixture.disk, fixture.clock, observer};
  const std::size_t connections = fixture.transport.connections.size();
  fixture.disk.locked_by_other = true;
  CHECK(verify_installed(fixture.plan, ports).error->kind == kLocked);
  CHECK(fixture.transport.connections.size() == connections);

  fixture.disk.locked_by_other = false;
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation.rfind("lock", 0) == 0) return fail(kStateNotWritable, "cannot create lock");
    return {};
  };
  CHECK(verify_installed(fixture.plan, ports).kind == OutcomeKind::kVerified);
  CHECK(fixture.disk.text("identity/identity.json")->find("\"verifiedAt\": null") != std::string::npos);
}
