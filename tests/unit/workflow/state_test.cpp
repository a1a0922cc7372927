// The state directory seen by a run: found, damaged, foreign, open to others, unfinished with other options.
#include "codec/payload.hpp"
#include "tests/unit/workflow/bench.hpp"
#include "workflow/state/vault.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

namespace {

ErrorKind failed_as(const Outcome& outcome) {
  REQUIRE(outcome.error);
  return outcome.error->kind;
}

/// A bench whose first run ended after the certificate was stored.
void leave_certified(Bench& bench) {
  bench.plan.attempts = 1;
  bench.service.react = [](Operation asked, unsigned) {
    return asked == Operation::kRegisterThing ? Reaction{Kind::kNothing, {}, {}, {}} : Reaction{};
  };
  CHECK(failed_as(bench.run()) == kNoAnswer);
  bench.service.react = nullptr;
}

/// A bench whose first run was stopped between registration and commit.
void leave_enrolled(Bench& bench) {
  bench.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation == "remove_file pending/journal") return fail(kDiskError, "input/output error");
    return {};
  };
  CHECK(failed_as(bench.run()) == kDiskError);
  bench.disk.before = nullptr;
}

}  // namespace

TEST_CASE("an identity for another request is named and left alone") {
  struct Row {
    const char* name;
    void (*change)(Plan&);
    bool same;
  };
  const Row rows[] = {
      {"nothing", [](Plan&) {}, true},
      {"port", [](Plan& plan) { plan.endpoint.port = 443; }, true},
      {"method", [](Plan& plan) { plan.method = Method::kKeys; }, true},
      {"endpoint", [](Plan& plan) { plan.endpoint.host = "elsewhere"; }, false},
      {"template", [](Plan& plan) { plan.template_name = "other"; }, false},
      {"parameter value",
       [](Plan& plan) {
         plan.parameters = {{"SerialNumber", "4712"}};
       },
       false},
      {"more parameters", [](Plan& plan) { plan.parameters["Site"] = ""; }, false},
      {"shifted",
       [](Plan& plan) {
         plan.parameters = {{"SerialNumber4", "711"}};
       },
       false},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Bench bench;
    REQUIRE(bench.run().kind == OutcomeKind::kProvisioned);
    bench.disk.log.clear();
    row.change(bench.plan);
    const Outcome outcome = bench.run();
    CHECK(bench.disk.log.empty());
    CHECK(outcome.attempts == 0);
    if (row.same) {
      CHECK(outcome.kind == OutcomeKind::kAlreadyProvisioned);
      continue;
    }
    CHECK(failed_as(outcome) == kOtherIdentity);
    CHECK(outcome.error->message.find("gateway-1") != std::string::npos);
    CHECK(outcome.error->hint.find("--state-dir") != std::string::npos);
    CHECK(outcome.error->hint.find("--force") != std::string::npos);
  }
}

TEST_CASE("a damaged identity is told and left alone, and replaced with --force") {
  struct Row {
    const char* file;
    const char* bytes;
  };
  for (const Row& row : {Row{"identity/identity.json", "{"}, Row{"identity/certificate.pem", "x"},
                         Row{"identity/private-key.pem", "BEGIN-KEY other END-KEY\n"},
                         Row{"identity/thing-name", "y\n"}, Row{"identity/device-configuration.json", ""}}) {
    INFO(row.file);
    Bench bench;
    REQUIRE(bench.run().kind == OutcomeKind::kProvisioned);
    bench.disk.put(row.file, row.bytes);
    bench.disk.log.clear();
    CHECK(failed_as(bench.run()) == kIdentityDamaged);
    CHECK(bench.disk.log.empty());
    bench.plan.force = true;
    CHECK(bench.run().kind == OutcomeKind::kProvisioned);
    CHECK(bench.disk.text(std::string("previous") + std::string(row.file).substr(8)) == row.bytes);
  }
}

TEST_CASE("files that were proved to fit are known again without being parsed; of an older version they are parsed") {
  Bench bench;
  REQUIRE(bench.run().kind == OutcomeKind::kProvisioned);
  bench.keysmith.parsed = 0;
  CHECK(bench.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(bench.keysmith.parsed == 0);

  std::string json = *bench.disk.text("identity/identity.json");
  json.replace(json.find("\"filesDigest\""), 1, "\"x");
  bench.disk.put("identity/identity.json", json);
  CHECK(bench.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(bench.keysmith.parsed == 2);
}

TEST_CASE("--force keeps the old identity and names what was replaced") {
  for (const bool can_exchange : {true, false}) {
    Bench bench;
    bench.disk.can_exchange = can_exchange;
    const Outcome old = bench.run();
    bench.plan.force = true;
    const Outcome outcome = bench.run();
    REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.identity->replaces == old.identity->certificate_fingerprint);
    CHECK(bench.disk.text("previous/certificate.pem") == bench.service.certificates[0].pem);
    CHECK(bench.disk.text("identity/certificate.pem") == bench.service.certificates[1].pem);
  }
}

TEST_CASE("a state directory that is not ours alone is refused before the network") {
  struct Row {
    const char* name;
    void (*spoil)(fakes::FakeDisk&);
    ErrorKind kind;
  };
  const Row rows[] = {
      {"symlink",
       [](fakes::FakeDisk& disk) {
         disk.put_entry("pending", {EntryType::kOther, 0777, true});
       },
       kStateNotPrivate},
      {"file", [](fakes::FakeDisk& disk) { disk.put("pending", "x"); }, kStateNotPrivate},
      {"foreign",
       [](fakes::FakeDisk& disk) {
         disk.put("pending/journal", "");
         disk.set_facts("pending", false, 0700);
       },
       kStateNotPrivate},
      {"open",
       [](fakes::FakeDisk& disk) {
         disk.put("pending/journal", "");
         disk.set_facts("pending", true, 0755);
       },
       kStateNotPrivate},
      {"open journal", [](fakes::FakeDisk& disk) { disk.put("pending/journal", "", 0644); }, kStateNotPrivate},
      {"linked journal",
       [](fakes::FakeDisk& disk) {
         disk.put("pending/x", "");
         disk.put_entry("pending/journal", {EntryType::kOther, 0777, true});
       },
       kStateNotPrivate},
      {"fat", [](fakes::FakeDisk& disk) { disk.keeps_modes = false; }, kStateNotPrivate},
      {"locked", [](fakes::FakeDisk& disk) { disk.locked_by_other = true; }, kLocked},
      {"damaged journal", [](fakes::FakeDisk& disk) { disk.put("pending/journal", "nonsense\n"); }, kIdentityDamaged},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Bench bench;
    row.spoil(bench.disk);
    CHECK(failed_as(bench.run()) == row.kind);
    CHECK(bench.transport.connections.empty());
  }
}

TEST_CASE("what is in the way of pending/ is to be moved, not the file system changed") {
  Bench bench;
  bench.disk.put("pending", "x");
  const Outcome outcome = bench.run();
  REQUIRE(outcome.error);
  CHECK(outcome.error->message.ends_with("pending is not a directory"));
  CHECK(outcome.error->hint.starts_with("move it away"));
}

TEST_CASE("a disk that fails at any operation ends the run, and the next one goes on") {
  Bench healthy;
  REQUIRE(healthy.run().kind == OutcomeKind::kProvisioned);
  const std::size_t operations = healthy.disk.log.size();
  for (std::size_t at = 0; at < operations; ++at) {
    Bench bench;
    std::size_t n = 0;
    bench.disk.before = [&n, at](const std::string&) -> Result<void> {
      if (n++ == at) return fail(kDiskFull, "no space left on device");
      return {};
    };
    INFO("operation " << at << ": " << healthy.disk.log[at]);
    const Outcome outcome = bench.run();
    bench.disk.before = nullptr;
    CHECK(failed_as(outcome) == kDiskFull);
    const Outcome again = bench.run();
    CHECK(again.kind != OutcomeKind::kFailed);
    CHECK(bench.service.certificates.size() <= 2);
  }
}

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
    Bench bench;
    leave_certified(bench);
    row.change(bench.plan, bench.transport);
    const Outcome outcome = bench.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(bench.keysmith.keys_made == row.keys);
    CHECK(bench.service.certificates.size() == row.certificates);
    if (*row.option != '\0') CHECK(bench.observer->told(row.option));
  }
}

TEST_CASE("an unfinished run goes on with the CSR it was made with, and begins again with another") {
  const auto csr_of = [](const std::string& key) {
    return "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem(key)) + " CN=x END-CSR\n";
  };
  for (const bool changed : {false, true}) {
    INFO(changed);
    Bench bench;
    bench.keysmith.files["/csr.pem"] = csr_of("far");
    bench.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
    leave_certified(bench);
    if (changed) bench.keysmith.files["/csr.pem"] = csr_of("another");
    const Outcome outcome = bench.run();
    CHECK(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.resumed != changed);
    CHECK(bench.service.certificates.size() == (changed ? 2 : 1));
    CHECK(bench.observer->told("the file of --csr; the certificate requested with it is not used") == changed);
  }
}

TEST_CASE("a registered thing is finished without the network, and given up only with --force") {
  Bench same;
  leave_enrolled(same);
  const Outcome finished = same.run();
  CHECK(finished.kind == OutcomeKind::kProvisioned);
  CHECK(finished.resumed);
  CHECK(finished.attempts == 0);

  Bench other;
  leave_enrolled(other);
  other.plan.parameters = {{"SerialNumber", "4712"}};
  CHECK(failed_as(other.run()) == kUsage);
  CHECK(other.service.certificates.size() == 1);
  other.plan.force = true;
  CHECK(other.run().kind == OutcomeKind::kProvisioned);
  CHECK(other.service.registered_parameters.back().at("SerialNumber") == "4712");
  CHECK(other.keysmith.keys_made == 1);
}

TEST_CASE("given keys and CSRs are used unchanged, and missing files are reported before the network") {
  Bench key;
  key.keysmith.files["/key.pem"] = fakes::fake_key_pem("given");
  key.plan.key_source = ExistingKey{"/key.pem"};
  CHECK(key.run().kind == OutcomeKind::kProvisioned);
  CHECK(key.disk.text("identity/private-key.pem") == fakes::fake_key_pem("given"));

  Bench token;
  token.plan.key_source = ExistingKey{"handle:0x81000001"};
  CHECK(token.run().identity->key == KeyLocation{TpmHandle{"handle:0x81000001"}});
  CHECK(!token.disk.text("identity/private-key.pem"));

  Bench csr;
  csr.keysmith.files["/csr.pem"] = "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem("far")) + " CN=x END-CSR\n";
  csr.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
  CHECK(csr.run().kind == OutcomeKind::kProvisioned);
  CHECK(!csr.disk.text("identity/private-key.pem"));

  Bench missing;
  missing.plan.key_source = ExistingKey{"/nowhere.pem"};
  CHECK(failed_as(missing.run()) == kFileNotFound);
  CHECK(missing.transport.connections.empty());
}

TEST_CASE("the claim's own key is never the device key, whichever way it comes") {
  const std::string shared = fakes::fake_key_pem("shared");
  for (const bool by_csr : {false, true}) {
    INFO(by_csr);
    Bench bench;
    bench.transport.claim_public_key = fakes::fake_digest(shared);
    bench.keysmith.files["/key.pem"] = shared;
    bench.keysmith.files["/csr.pem"] = "BEGIN-CSR " + fakes::fake_digest(shared) + " CN=x END-CSR\n";
    bench.plan.key_source = by_csr ? KeySource{ExistingCsr{"/csr.pem", std::nullopt}} : ExistingKey{"/key.pem"};
    const Outcome outcome = bench.run();
    CHECK(failed_as(outcome) == kDeviceKeyIsClaimKey);
    CHECK(outcome.error->message.find(by_csr ? "/csr.pem" : "/key.pem") != std::string::npos);
    CHECK(bench.transport.connections.empty());
    CHECK(!bench.disk.holds("KEY shared"));
  }
}

TEST_CASE("what an earlier run reached with the claim's own key is not used") {
  // An earlier version took the key; the file holds another one by now.
  const auto began_with_claims_key = [](Bench& bench, void (*leave)(Bench&)) {
    bench.keysmith.files["/key.pem"] = fakes::fake_key_pem("shared");
    bench.plan.key_source = ExistingKey{"/key.pem"};
    leave(bench);
    bench.transport.claim_public_key = fakes::fake_digest(fakes::fake_key_pem("shared"));
    bench.keysmith.files["/key.pem"] = fakes::fake_key_pem("own");
  };
  Bench certified;
  began_with_claims_key(certified, leave_certified);
  CHECK(certified.run().kind == OutcomeKind::kProvisioned);
  CHECK(certified.observer->told("the claim's own key as device key; its progress is discarded"));
  CHECK(certified.disk.text("identity/private-key.pem") == fakes::fake_key_pem("own"));
  CHECK(!certified.disk.holds("KEY shared"));

  Bench still;
  began_with_claims_key(still, leave_certified);
  still.keysmith.files["/key.pem"] = fakes::fake_key_pem("shared");
  CHECK(failed_as(still.run()) == kDeviceKeyIsClaimKey);

  Bench enrolled;
  began_with_claims_key(enrolled, leave_enrolled);
  const Outcome refused = enrolled.run();
  CHECK(failed_as(refused) == kDeviceKeyIsClaimKey);
  CHECK(refused.error->hint.find("--force") != std::string::npos);
  enrolled.plan.force = true;
  CHECK(enrolled.run().kind == OutcomeKind::kProvisioned);
  CHECK(enrolled.disk.text("identity/private-key.pem") == fakes::fake_key_pem("own"));
}

TEST_CASE("a claim that cannot be used leaves no trace") {
  Bench bench;
  bench.transport.credentials_error = fakes::network_error(kFileNotFound, Phase::kLoad);
  CHECK(failed_as(bench.run()) == kFileNotFound);
  CHECK(bench.disk.log.empty());
}

TEST_CASE("the largest journal that can be written is read back") {
  Bench bench;
  fakes::RunRecorder observer;
  Vault vault(bench.disk, bench.keysmith, observer);
  REQUIRE(vault.open());
  Certified certified;
  certified.made.origin = GivenCsr{"gateway.csr"};
  certified.made.key.location = ExternalKey{};
  certified.certificate_ownership_token = Secret("token");
  // As a CBOR answer may have it before its certificate; each takes six bytes in JSON.
  certified.certificate_pem = std::string(kPayloadBytesMax, '\x01');
  REQUIRE(vault.save({{}, std::move(certified)}));
  const auto journal = vault.peek();
  REQUIRE(journal);
  REQUIRE(*journal);
  CHECK(milestone((*journal)->progress) == Milestone::kCertified);
}
