// --verify, --remove-claim, --on-success, --owner and --splay: what is done when, what is left to do after a failure,
// and that nothing is done twice.
#include "tests/unit/workflow/bench.hpp"
#include "workflow/commands/verify.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::network_error;
using enum ErrorKind;

namespace {

Bench& with_everything(Bench& bench) {
  bench.plan.verify = true;
  bench.plan.claim_files_to_remove = {"claim.key", "claim.pem"};
  bench.plan.on_success = "/usr/bin/hook";
  return bench;
}

/// The server refuses the issued identity this many times.
void refuse_identity(Bench& bench, unsigned times, ErrorKind kind = kPolicyConnect) {
  bench.transport.on_established = [&bench, times, kind](const ConnectRequest&) -> std::optional<Error> {
    const bool refused = !bench.transport.speaks_as.empty() && bench.transport.as_identity <= times;
    if (!refused) return std::nullopt;
    return network_error(kind, Phase::kMqtt, std::chrono::milliseconds{50});
  };
}

std::vector<std::pair<std::string, std::string>> variables_of(const Bench& bench) {
  return bench.host.calls.at(0).variables;
}

}  // namespace

TEST_CASE("the identity connects before it is put in place, and then the claim goes and the program runs, once") {
  Bench bench;
  with_everything(bench);
  bench.transport.on_established = [&bench](const ConnectRequest& request) -> std::optional<Error> {
    if (bench.transport.speaks_as.empty()) return std::nullopt;
    CHECK(request.client_id == "gateway-1");
    CHECK(!bench.disk.text("identity/identity.json"));
    CHECK(bench.host.removed.empty());
    CHECK(bench.transport.closed == 1);
    return std::nullopt;
  };
  const Outcome outcome = bench.run();
  REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
  CHECK(outcome.attempts == 1);
  CHECK(bench.transport.as_identity == 1);
  CHECK(bench.disk.text("identity/identity.json")->find("\"verifiedAt\": \"2026") != std::string::npos);
  CHECK(bench.host.removed == std::vector<std::string>{"claim.key", "claim.pem"});
  CHECK(bench.host.calls.size() == 1);
  CHECK(!bench.disk.text("on-success-owed"));
  CHECK(variables_of(bench).size() == 9);
  CHECK(variables_of(bench)[0].second == "gateway-1");
  CHECK(variables_of(bench)[7].second == "/state/identity/private-key.pem");

  const std::size_t operations = bench.disk.log.size();
  const Outcome again = bench.run();
  CHECK(again.kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(bench.transport.as_identity == 1);
  CHECK(bench.host.calls.size() == 1);
  CHECK(bench.disk.log.size() == operations);
}

TEST_CASE("a policy that spreads slowly is waited for; one that never comes leaves the identity unfinished") {
  for (const ErrorKind kind : {kPolicyConnect, kClaimRefused, kConnectionRejected, kConnectionLost}) {
    Bench slow;
    slow.plan.verify = true;
    refuse_identity(slow, 4, kind);
    CHECK(slow.run().kind == OutcomeKind::kProvisioned);
    CHECK(slow.service.certificates.size() == 1);

    Bench never;
    with_everything(never);
    refuse_identity(never, 1'000'000, kind);
    const Outcome outcome = never.run();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == kIdentityRefused);
    CHECK(outcome.error->phase == Phase::kVerify);
    CHECK(outcome.error->hint.find("iot:Connect on client/gateway-1") != std::string::npos);
    CHECK(!never.disk.text("identity/identity.json"));
    CHECK(never.host.removed.empty());
    CHECK(never.host.calls.empty());

    never.transport.on_established = nullptr;
    const Outcome next = never.run();
    CHECK(next.kind == OutcomeKind::kProvisioned);
    CHECK(next.resumed);
    CHECK(next.certificates_requested == 0);
    CHECK(never.service.certificates.size() == 1);
    CHECK(never.host.calls.size() == 1);
  }
}

TEST_CASE("with --force an identity that works stays until the new one is proved") {
  Bench bench;
  bench.run();
  const auto before = bench.disk.text("identity/identity.json");
  bench.plan.force = true;
  bench.plan.verify = true;
  bench.plan.attempts = 1;
  refuse_identity(bench, 1'000'000);
  CHECK(bench.run().error->kind == kIdentityRefused);
  CHECK(bench.disk.text("identity/identity.json") == before);
}

TEST_CASE("a provisioned gateway does what is still missing") {
  Bench bench;
  bench.run();
  with_everything(bench);
  const Outcome outcome = bench.run();
  CHECK(outcome.kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(bench.transport.as_identity == 1);
  CHECK(bench.host.removed.size() == 2);
  // Nobody asked for the program when the identity was made.
  CHECK(bench.host.calls.empty());
  bench.run();
  CHECK(bench.transport.as_identity == 1);
}

TEST_CASE("a program that fails is run again until it exits 0") {
  Bench bench;
  bench.plan.on_success = "/usr/bin/hook";
  Error failed;
  failed.kind = kOnSuccessFailed;
  bench.host.program_error = failed;
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = bench.run();
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == kOnSuccessFailed);
    CHECK(outcome.error->phase == Phase::kOnSuccess);
    CHECK(outcome.identity);
    CHECK(retryable(outcome.error->kind));
    CHECK(exit_code(outcome.error->kind) == ExitCode::kSoftware);
  }
  bench.host.program_error.reset();
  CHECK(bench.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(bench.host.calls.size() == 1);
  CHECK(bench.service.certificates.size() == 1);
}

TEST_CASE("a client id that was used just now rests for a second before the proof") {
  Bench bench;
  bench.plan.verify = true;
  bench.plan.client_id = "gateway-1";
  bench.run();
  REQUIRE(bench.transport.connected_at.size() == 2);
  CHECK(bench.transport.connected_at[1] - bench.transport.connected_at[0] >= std::chrono::seconds{1});
  Bench other;
  other.plan.verify = true;
  other.plan.verify_client_id = "another";
  other.run();
  CHECK(other.transport.connections.at(1).client_id == "another");
}

TEST_CASE("the files are given away before the commit, the journal never") {
  Bench bench;
  bench.plan.owner = Owner{1000, 1000};
  bool journal_seen = false;
  bench.disk.before = [&](const std::string& operation) -> Result<void> {
    if (operation.rfind("set_owner", 0) != 0) return {};
    CHECK(!bench.disk.text("identity/identity.json"));
    journal_seen = journal_seen || bench.disk.text("pending/journal");
    return {};
  };
  CHECK(bench.run().kind == OutcomeKind::kProvisioned);
  CHECK(!journal_seen);
  for (const char* path : {"identity", "identity/private-key.pem", "identity/identity.json", "identity/thing-name"}) {
    const auto facts = bench.disk.inspect(path);
    CHECK((*facts)->user == 1000);
  }
  // Also what is written later has that owner.
  bench.disk.before = nullptr;
  bench.plan.verify = true;
  bench.run();
  CHECK((*bench.disk.inspect("identity/identity.json"))->user == 1000);
}

TEST_CASE("the splay is not counted in the timeout, by a provisioned gateway not at all") {
  Bench bench;
  bench.plan.splay = std::chrono::hours{1};
  bench.plan.timeout = std::chrono::seconds{10};
  CHECK(bench.run().kind == OutcomeKind::kProvisioned);
  CHECK(bench.clock.sleeps == 1);
  bench.run();
  CHECK(bench.clock.sleeps == 1);
  Bench stopped;
  stopped.plan.splay = std::chrono::hours{1};
  stopped.clock.interrupted = true;
  CHECK(stopped.run().error->kind == kInterrupted);
  CHECK(stopped.transport.connections.empty());
}

TEST_CASE("verify tells whether the identity in place works, and notes when") {
  Bench bench;
  fakes::RunRecorder observer;
  const Ports ports{bench.transport, bench.keysmith, bench.disk, bench.clock, observer};
  CHECK(verify_installed(bench.plan, ports).error->kind == kNotProvisioned);
  bench.run();
  refuse_identity(bench, 2);
  const Outcome proved = verify_installed(bench.plan, ports);
  bench.disk.release_lock();
  CHECK(proved.kind == OutcomeKind::kVerified);
  CHECK(proved.attempts == 3);
  CHECK(bench.disk.text("identity/identity.json")->find("\"verifiedAt\": \"2026") != std::string::npos);
  bench.plan.attempts = 1;
  refuse_identity(bench, 1'000'000);
  CHECK(verify_installed(bench.plan, ports).error->kind == kIdentityRefused);
  bench.disk.release_lock();
}

TEST_CASE("verify waits for no other run, and needs no right to write") {
  Bench bench;
  bench.run();
  fakes::RunRecorder observer;
  const Ports ports{bench.transport, bench.keysmith, bench.disk, bench.clock, observer};
  const std::size_t connections = bench.transport.connections.size();
  bench.disk.locked_by_other = true;
  CHECK(verify_installed(bench.plan, ports).error->kind == kLocked);
  CHECK(bench.transport.connections.size() == connections);

  bench.disk.locked_by_other = false;
  bench.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation.rfind("lock", 0) == 0) return fail(kStateNotWritable, "cannot create lock");
    return {};
  };
  CHECK(verify_installed(bench.plan, ports).kind == OutcomeKind::kVerified);
  CHECK(bench.disk.text("identity/identity.json")->find("\"verifiedAt\": null") != std::string::npos);
}
