// What an earlier run left that did not end: it is taken up again, or given up where the options have changed.
#include "codec/payload.hpp"
#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/state/vault.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

namespace {

/// A gateway whose first run ended before a certificate was issued.
void leave_key_made(WorkflowFixture& fixture) {
  fixture.plan.attempts = 1;
  fixture.service.react = [](Operation, unsigned) { return Reaction{Kind::kNothing}; };
  CHECK(failed_as(fixture.run()) == kNoAnswer);
  fixture.service.react = nullptr;
}

/// A gateway whose first run ended after the certificate was stored.
void leave_certified(WorkflowFixture& fixture) {
  fixture.plan.attempts = 1;
  fixture.service.react = [](Operation asked, unsigned) {
    return asked == Operation::kRegisterThing ? Reaction{Kind::kNothing} : Reaction{};
  };
  CHECK(failed_as(fixture.run()) == kNoAnswer);
  fixture.service.react = nullptr;
}

/// A gateway whose first run was stopped between registration and commit.
void leave_enrolled(WorkflowFixture& fixture) {
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation == "remove_file pending/journal") return fail(kDiskError, "input/output error");
    return {};
  };
  CHECK(failed_as(fixture.run()) == kDiskError);
  fixture.disk.before = nullptr;
}

/// The state directory of a fixture, opened as a run opens it.
struct OpenVault {
  explicit OpenVault(WorkflowFixture& fixture) : vault(fixture.disk, fixture.keysmith, observer) {
    REQUIRE(vault.open());
  }
  fakes::RunRecorder observer;
  Vault vault;
};

}  // namespace

TEST_CASE("changed options over an unfinished run go back as far as they must, and say why") {
  struct Row {
    const char* option;
    void (*change)(Plan&, fakes::FakeTransport&);
    unsigned keys;
    unsigned certificates;
  };
  const Row rows[] = {
      {"", [](Plan&, fakes::FakeTransport&) {}, 1, 1},
      {"", [](Plan& plan, fakes::FakeTransport&) { plan.parameters["Site"] = "x"; }, 1, 1},
      {"", [](Plan& plan, fakes::FakeTransport&) { plan.endpoint.port = 443; }, 1, 1},
      {"--claim-cert",
       [](Plan&, fakes::FakeTransport& transport) { transport.claim_fingerprint = std::string(64, 'd'); }, 1, 2},
      {"--endpoint", [](Plan& plan, fakes::FakeTransport&) { plan.endpoint.host = "elsewhere"; }, 1, 2},
      {"--csr-subject", [](Plan& plan, fakes::FakeTransport&) { plan.csr_subject = "CN=other"; }, 1, 2},
      {"--key-type", [](Plan& plan, fakes::FakeTransport&) { plan.key_source = MakeKey{KeyType::kEcP384}; }, 2, 2},
      {"--method", [](Plan& plan, fakes::FakeTransport&) { plan.method = Method::kKeys; }, 1, 2},
  };
  for (const Row& row : rows) {
    INFO("option " << row.option);
    WorkflowFixture fixture;
    leave_certified(fixture);
    row.change(fixture.plan, fixture.transport);
    const Outcome outcome = fixture.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(fixture.keysmith.keys_made == row.keys);
    CHECK(fixture.service.certificates.size() == row.certificates);
    if (*row.option != '\0') CHECK(fixture.observer->recorded(row.option));
  }
}

TEST_CASE("another CSR subject over a key without a certificate makes the CSR again, with the same key") {
  for (const bool changed : {false, true}) {
    INFO(changed);
    WorkflowFixture fixture;
    leave_key_made(fixture);
    if (changed) fixture.plan.csr_subject = "CN=other";
    leave_key_made(fixture);
    CHECK(fixture.observer->recorded("--csr-subject; the CSR is made again") == changed);
    const Outcome outcome = fixture.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.resumed);
    CHECK(fixture.keysmith.keys_made == 1);
    CHECK(fixture.service.certificates.size() == 1);
    // It was made in the run before.
    CHECK_FALSE(fixture.observer->recorded("--csr-subject"));
  }
}

TEST_CASE("an unfinished run goes on with the CSR it was made with, and begins again with another") {
  const auto csr_of = [](const std::string& key) {
    return "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem(key)) + " CN=x END-CSR\n";
  };
  for (const bool changed : {false, true}) {
    INFO(changed);
    WorkflowFixture fixture;
    fixture.keysmith.files["/csr.pem"] = csr_of("far");
    fixture.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
    leave_certified(fixture);
    if (changed) fixture.keysmith.files["/csr.pem"] = csr_of("another");
    const Outcome outcome = fixture.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.resumed != changed);
    CHECK(fixture.service.certificates.size() == (changed ? 2 : 1));
    CHECK(fixture.observer->recorded("the file of --csr; the certificate requested with it is not used") == changed);
  }
}

TEST_CASE("a registered thing is finished without the network, and given up only with --force") {
  WorkflowFixture same;
  leave_enrolled(same);
  const Outcome finished = same.run();
  CHECK(finished.kind == OutcomeKind::kProvisioned);
  CHECK(finished.resumed);
  CHECK(finished.attempts == 0);

  WorkflowFixture other;
  leave_enrolled(other);
  other.plan.parameters = {{"SerialNumber", "4712"}};
  CHECK(failed_as(other.run()) == kUsage);
  CHECK(other.service.certificates.size() == 1);
  other.plan.force = true;
  CHECK(other.run().kind == OutcomeKind::kProvisioned);
  CHECK(other.service.registered_parameters.back().at("SerialNumber") == "4712");
  CHECK(other.keysmith.keys_made == 1);

  // The service made the key: another certificate is another key.
  WorkflowFixture keys;
  keys.plan.method = Method::kKeys;
  leave_enrolled(keys);
  keys.plan.parameters = {{"SerialNumber", "4712"}};
  keys.plan.force = true;
  CHECK(keys.run().kind == OutcomeKind::kProvisioned);
  CHECK(keys.service.requests[Operation::kCreateKeysAndCertificate] == 2);
  CHECK(keys.disk.text("identity/private-key.pem") == keys.service.certificates.back().private_key);
}

TEST_CASE("what an earlier run reached with the claim's own key is not used") {
  // An earlier version accepted the claim's key; the file holds another key now.
  const auto began_with_claims_key = [](WorkflowFixture& fixture, void (*leave)(WorkflowFixture&)) {
    fixture.keysmith.files["/key.pem"] = fakes::fake_key_pem("shared");
    fixture.plan.key_source = ExistingKey{"/key.pem"};
    leave(fixture);
    fixture.transport.claim_public_key = fakes::fake_digest(fakes::fake_key_pem("shared"));
    fixture.keysmith.files["/key.pem"] = fakes::fake_key_pem("own");
  };
  WorkflowFixture certified;
  began_with_claims_key(certified, leave_certified);
  CHECK(certified.run().kind == OutcomeKind::kProvisioned);
  CHECK(certified.observer->recorded("the claim's own key as device key; its progress is discarded"));
  CHECK(certified.disk.text("identity/private-key.pem") == fakes::fake_key_pem("own"));
  CHECK(!certified.disk.holds("KEY shared"));

  WorkflowFixture still;
  began_with_claims_key(still, leave_certified);
  still.keysmith.files["/key.pem"] = fakes::fake_key_pem("shared");
  CHECK(failed_as(still.run()) == kDeviceKeyIsClaimKey);

  WorkflowFixture enrolled;
  began_with_claims_key(enrolled, leave_enrolled);
  const Outcome refused = enrolled.run();
  CHECK(failed_as(refused) == kDeviceKeyIsClaimKey);
  CHECK(refused.error->hint.find("--force") != std::string::npos);
  enrolled.plan.force = true;
  CHECK(enrolled.run().kind == OutcomeKind::kProvisioned);
  CHECK(enrolled.disk.text("identity/private-key.pem") == fakes::fake_key_pem("own"));
}

TEST_CASE("the largest journal that can be written is read back") {
  WorkflowFixture fixture;
  OpenVault opened(fixture);
  Vault& vault = opened.vault;
  Certified certified;
  certified.made.origin = GivenCsr{"gateway.csr"};
  certified.made.key.location = ExternalKey{};
  certified.certificate_ownership_token = Secret("token");
  // A CBOR response may have these bytes before its certificate; each takes six bytes in JSON.
  certified.certificate_pem = std::string(kPayloadBytesMax, '\x01');
  const auto saved = vault.save({{}, std::move(certified)});
  REQUIRE(saved);
  const auto journal = vault.peek();
  REQUIRE(journal);
  REQUIRE(*journal);
  CHECK(milestone((*journal)->progress) == Milestone::kCertified);
}

TEST_CASE("the commit gives the files their modes, whichever they had in pending/") {
  WorkflowFixture fixture;
  leave_enrolled(fixture);
  const std::vector<std::string> names{"certificate.pem", "identity.json", "thing-name", "private-key.pem"};
  for (const std::string& name : names) fixture.disk.set_facts("pending/" + name, true, 0600);
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  for (const std::string& name : names) {
    CHECK(fixture.disk.mode("identity/" + name) == (name == "private-key.pem" ? 0600U : 0644U));
  }
}

TEST_CASE("a key or a journal of the largest size is read, and a larger one is an error") {
  struct Row {
    const char* file;
    std::size_t most;
    std::optional<ErrorKind> at_most;
  };
  // Neither holds what a run writes: the run then starts over, or the journal is damaged.
  for (const Row& row :
       {Row{"pending/private-key.pem", 65'536, std::nullopt}, Row{"pending/journal", 2'097'152, kIdentityDamaged}}) {
    INFO(row.file);
    WorkflowFixture fixture;
    leave_key_made(fixture);
    fixture.disk.put(row.file, std::string(row.most + 1, 'x'));
    CHECK(failed_as(fixture.run()) == kDiskError);
    fixture.disk.put(row.file, std::string(row.most, 'x'));
    const Outcome outcome = fixture.run();
    CHECK((outcome.error ? std::optional(outcome.error->kind) : std::nullopt) == row.at_most);
  }
}

TEST_CASE("a run asks for eight KiB of the disk before it asks the service") {
  WorkflowFixture fixture;
  std::size_t probed = 0;
  fixture.disk.before = [&](const std::string& operation) -> Result<void> {
    if (const auto probe = fixture.disk.text("pending/probe"); operation == "remove_file pending/probe" && probe) {
      probed = probe->size();
      CHECK(fixture.transport.connections.empty());
    }
    return {};
  };
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(probed == 8192);
}

TEST_CASE("a vault that has installed an identity makes the directory of the next one") {
  WorkflowFixture fixture;
  leave_enrolled(fixture);
  OpenVault opened(fixture);
  Vault& vault = opened.vault;
  REQUIRE(vault.prepare());
  REQUIRE(vault.install());
  CHECK(fixture.disk.mode("identity"));
  CHECK_FALSE(fixture.disk.mode("pending"));
  CHECK(vault.install().error().kind == kInternal);
  Certified certified;
  certified.made.origin = GivenCsr{"gateway.csr"};
  certified.made.key.location = ExternalKey{};
  const Journal journal{{}, std::move(certified)};
  REQUIRE(vault.save(journal));
  CHECK(fixture.disk.text("pending/journal"));
}

TEST_CASE("an identity that cannot be read back from pending/ is not installed") {
  WorkflowFixture fixture;
  leave_enrolled(fixture);
  OpenVault opened(fixture);
  Vault& vault = opened.vault;
  fixture.disk.put("pending/certificate.pem", "torn", 0644);
  const auto installed = vault.install();
  REQUIRE_FALSE(installed);
  CHECK(installed.error().kind == kDiskError);
  CHECK(installed.error().message.starts_with("the written identity cannot be read back: "));
  CHECK_FALSE(fixture.disk.mode("identity"));
}

TEST_CASE("a key that was installed is written again for the next identity that has it") {
  WorkflowFixture fixture;
  leave_key_made(fixture);
  OpenVault opened(fixture);
  Vault& vault = opened.vault;
  const auto left = vault.load();
  REQUIRE(left);
  REQUIRE(*left);
  leave_enrolled(fixture);
  REQUIRE(vault.prepare());
  REQUIRE(vault.install());
  REQUIRE(vault.save(**left));
  CHECK(fixture.disk.text("pending/private-key.pem") == fixture.disk.text("identity/private-key.pem"));
}
