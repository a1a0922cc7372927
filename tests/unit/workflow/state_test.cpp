// States of the state directory at a start: complete, damaged, for another request, accessible to other users.
#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/state/hardware_keys.hpp"
#include "workflow/state/identity_files.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::Reaction;
using Kind = Reaction::Kind;
using enum ErrorKind;

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
    WorkflowFixture fixture;
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    fixture.disk.log.clear();
    row.change(fixture.plan);
    const Outcome outcome = fixture.run();
    CHECK(fixture.disk.log.empty());
    CHECK(outcome.attempts == 0);
    if (row.same) {
      CHECK(outcome.kind == OutcomeKind::kAlreadyProvisioned);
      continue;
    }
    CHECK(failed_as(outcome) == kOtherIdentity);
    CHECK(outcome.error->message.find("gateway-1") != std::string::npos);
    const std::string name = row.name;
    const std::string differs = name == "endpoint" || name == "template" ? name + " " : "other parameters";
    CHECK(outcome.error->message.find("(" + differs) != std::string::npos);
    CHECK(outcome.error->hint.find("--state-dir") != std::string::npos);
    CHECK(outcome.error->hint.find("--force") != std::string::npos);
  }
}

TEST_CASE("a damaged identity is reported and left unchanged, and replaced with --force") {
  struct Row {
    const char* file;
    const char* bytes;
  };
  for (const Row& row : {Row{"identity/identity.json", "{"}, Row{"identity/certificate.pem", "x"},
                         Row{"identity/private-key.pem", "BEGIN-KEY other END-KEY\n"},
                         Row{"identity/thing-name", "y\n"}, Row{"identity/device-configuration.json", ""}}) {
    INFO(row.file);
    WorkflowFixture fixture;
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    fixture.disk.put(row.file, row.bytes);
    fixture.disk.log.clear();
    CHECK(failed_as(fixture.run()) == kIdentityDamaged);
    CHECK(fixture.disk.log.empty());
    fixture.plan.force = true;
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(fixture.disk.text(std::string("previous") + std::string(row.file).substr(8)) == row.bytes);
    // Nothing could tell two directories apart that were exchanged before a power cut, if one is damaged.
    CHECK(fixture.disk.log.end() ==
          std::find(fixture.disk.log.begin(), fixture.disk.log.end(), "exchange pending identity"));
  }
}

TEST_CASE("a certificate that identity.json does not name is damage, whatever key it is for") {
  WorkflowFixture other;
  REQUIRE(other.run().kind == OutcomeKind::kProvisioned);
  other.plan.force = true;
  REQUIRE(other.run().kind == OutcomeKind::kProvisioned);
  WorkflowFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.disk.put("identity/certificate.pem", *other.disk.text("identity/certificate.pem"));
  const Outcome outcome = fixture.run();
  CHECK(failed_as(outcome) == kIdentityDamaged);
  CHECK(outcome.error->message.ends_with("certificate.pem: it is not the certificate that identity.json names"));
}

TEST_CASE("a private key that other users can read is a warning, and no other key is") {
  for (const unsigned mode : {0600U, 0400U, 0640U, 0604U}) {
    INFO(mode);
    WorkflowFixture fixture;
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    fixture.disk.set_facts("identity/private-key.pem", true, mode);
    CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
    CHECK(fixture.observer->recorded("private-key.pem is readable by other users") == ((mode & 077U) != 0));
  }
}

TEST_CASE("a directory, or nothing, in the place of a file of the identity is damage with its name") {
  for (const char* name : {"identity.json", "certificate.pem", "private-key.pem", "thing-name"}) {
    for (const bool missing : {false, true}) {
      INFO(name << missing);
      WorkflowFixture fixture;
      REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
      REQUIRE(fixture.disk.remove_file(std::string("identity/") + name));
      if (!missing) REQUIRE(fixture.disk.make_directory(std::string("identity/") + name));
      const Outcome outcome = fixture.run();
      CHECK(failed_as(outcome) == kIdentityDamaged);
      CHECK(outcome.error->message.ends_with(std::string(name) +
                                             (missing ? ": the file is missing" : ": it is not a file")));
    }
  }
}

TEST_CASE("files that were proved to fit are known again without being parsed; of an older version they are parsed") {
  WorkflowFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.keysmith.parsed = 0;
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.keysmith.parsed == 0);

  std::string json = *fixture.disk.text("identity/identity.json");
  json.replace(json.find("\"filesDigest\""), 1, "\"x");
  fixture.disk.put("identity/identity.json", json);
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  CHECK(fixture.keysmith.parsed == 2);
}

TEST_CASE("--force keeps the old identity and names what was replaced") {
  for (const bool can_exchange : {true, false}) {
    WorkflowFixture fixture;
    fixture.disk.can_exchange = can_exchange;
    const Outcome old = fixture.run();
    fixture.plan.force = true;
    const Outcome outcome = fixture.run();
    REQUIRE(outcome.kind == OutcomeKind::kProvisioned);
    CHECK(outcome.identity->replaces == old.identity->certificate_fingerprint);
    CHECK(fixture.disk.text("previous/certificate.pem") == fixture.service.certificates[0].pem);
    CHECK(fixture.disk.text("identity/certificate.pem") == fixture.service.certificates[1].pem);
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
    WorkflowFixture fixture;
    row.spoil(fixture.disk);
    CHECK(failed_as(fixture.run()) == row.kind);
    CHECK(fixture.transport.connections.empty());
  }
}

TEST_CASE("an identity in a directory that other users can write to is not taken for one") {
  for (const unsigned mode : {0770U, 0702U}) {
    WorkflowFixture fixture;
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    fixture.disk.set_facts("", true, mode);
    CHECK(failed_as(fixture.run()) == kStateNotPrivate);
  }
}

TEST_CASE("a file of the identity is read up to two MiB") {
  WorkflowFixture fixture;
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
  constexpr std::size_t kMost = 2'097'152;
  fixture.disk.put("identity/certificate.pem", std::string(kMost + 1, 'x'), 0644);
  CHECK(failed_as(fixture.run()) == kDiskError);
  fixture.disk.put("identity/certificate.pem", std::string(kMost, 'x'), 0644);
  CHECK(failed_as(fixture.run()) == kIdentityDamaged);
}

TEST_CASE("what is in the way of pending/ is to be moved, not the file system changed") {
  WorkflowFixture fixture;
  fixture.disk.put("pending", "x");
  const Outcome outcome = fixture.run();
  REQUIRE(outcome.error);
  CHECK(outcome.error->message.ends_with("pending is not a directory"));
  CHECK(outcome.error->hint.starts_with("move it elsewhere"));
}

TEST_CASE("a disk that fails at any operation ends the run, and the next one goes on") {
  WorkflowFixture healthy;
  REQUIRE(healthy.run().kind == OutcomeKind::kProvisioned);
  const std::size_t operations = healthy.disk.log.size();
  for (std::size_t at = 0; at < operations; ++at) {
    WorkflowFixture fixture;
    std::size_t n = 0;
    fixture.disk.before = [&n, at](const std::string&) -> Result<void> {
      if (n++ == at) return fail(kDiskFull, "no space left on device");
      return {};
    };
    INFO("operation " << at << ": " << healthy.disk.log[at]);
    const Outcome outcome = fixture.run();
    fixture.disk.before = nullptr;
    CHECK(failed_as(outcome) == kDiskFull);
    const Outcome again = fixture.run();
    CHECK(again.kind != OutcomeKind::kFailed);
    CHECK(fixture.service.certificates.size() <= 2);
  }
}

TEST_CASE("the key of a CSR is named in the identity only if it is in hardware") {
  const std::string far = fakes::fake_key_pem("far");
  for (const std::string reference : {"/key.pem", "pkcs11:token=t;object=o"}) {
    INFO(reference);
    WorkflowFixture fixture;
    const bool in_file = reference.starts_with('/');
    fixture.keysmith.files["/key.pem"] = far;
    fixture.keysmith.files["/csr.pem"] =
        "BEGIN-CSR " + fakes::fake_digest(in_file ? far : fakes::fake_key_pem(reference)) + " CN=x END-CSR\n";
    fixture.plan.key_source = ExistingCsr{"/csr.pem", reference};
    REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
    const std::string identity = fixture.disk.text("identity/identity.json").value();
    CHECK((identity.find("pkcs11:") != std::string::npos) == !in_file);
    CHECK(identity.find("/key.pem") == std::string::npos);
  }
}

TEST_CASE("an identity that was made with another CSR is another identity") {
  const auto csr_of = [](const std::string& key) {
    return "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem(key)) + " CN=x END-CSR\n";
  };
  WorkflowFixture fixture;
  fixture.keysmith.files["/csr.pem"] = csr_of("far");
  fixture.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  fixture.keysmith.files["/csr.pem"] = csr_of("another");
  CHECK(failed_as(fixture.run()) == kOtherIdentity);
  CHECK(fixture.service.certificates.size() == 1);

  fixture.keysmith.files.erase("/csr.pem");
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
  // A rotation or --force may have used a key of its own.
  fixture.keysmith.files["/csr.pem"] = csr_of("another");
  fixture.plan.force = true;
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  fixture.plan.force = false;
  fixture.keysmith.files["/csr.pem"] = csr_of("far");
  CHECK(fixture.run().kind == OutcomeKind::kAlreadyProvisioned);
}

TEST_CASE("existing keys and CSRs are used as they are, and missing files are reported before the network") {
  WorkflowFixture key;
  key.keysmith.files["/key.pem"] = fakes::fake_key_pem("given");
  key.plan.key_source = ExistingKey{"/key.pem"};
  CHECK(key.run().kind == OutcomeKind::kProvisioned);
  CHECK(key.disk.text("identity/private-key.pem") == fakes::fake_key_pem("given"));

  WorkflowFixture token;
  token.plan.key_source = ExistingKey{"handle:0x81000001"};
  CHECK(token.run().identity->key == KeyLocation{TpmHandle{0x81000001}});
  CHECK(!token.disk.text("identity/private-key.pem"));

  WorkflowFixture csr;
  csr.keysmith.files["/csr.pem"] = "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem("far")) + " CN=x END-CSR\n";
  csr.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
  CHECK(csr.run().kind == OutcomeKind::kProvisioned);
  CHECK(!csr.disk.text("identity/private-key.pem"));

  WorkflowFixture missing;
  missing.plan.key_source = ExistingKey{"/nowhere.pem"};
  CHECK(failed_as(missing.run()) == kFileNotFound);
  CHECK(missing.transport.connections.empty());
}

TEST_CASE("the claim's own key is never the device key, whichever way it comes") {
  const std::string shared = fakes::fake_key_pem("shared");
  for (const bool by_csr : {false, true}) {
    INFO(by_csr);
    WorkflowFixture fixture;
    fixture.transport.claim_public_key = fakes::fake_digest(shared);
    fixture.keysmith.files["/key.pem"] = shared;
    fixture.keysmith.files["/csr.pem"] = "BEGIN-CSR " + fakes::fake_digest(shared) + " CN=x END-CSR\n";
    fixture.plan.key_source = by_csr ? KeySource{ExistingCsr{"/csr.pem", std::nullopt}} : ExistingKey{"/key.pem"};
    const Outcome outcome = fixture.run();
    CHECK(failed_as(outcome) == kDeviceKeyIsClaimKey);
    CHECK(outcome.error->message.find(by_csr ? "/csr.pem" : "/key.pem") != std::string::npos);
    CHECK(fixture.transport.connections.empty());
    CHECK(!fixture.disk.holds("KEY shared"));
  }
}

TEST_CASE("a claim that cannot be used leaves no trace") {
  WorkflowFixture fixture;
  fixture.transport.credentials_error = fakes::network_error(kFileNotFound, Phase::kLoad);
  CHECK(failed_as(fixture.run()) == kFileNotFound);
  CHECK(fixture.disk.log.empty());
}

TEST_CASE("the state belongs to another user if one owns any part that names a key") {
  constexpr std::uint32_t kSelf = 1000;
  constexpr std::uint32_t kOther = 2000;
  {
    fakes::FakeDisk none;
    CHECK_FALSE(foreign_owner(none, kSelf));
  }
  for (const std::string path : {"identity", "identity/identity.json", "previous", "previous/identity.json", "pending",
                                 "pending/identity.json", "pending/journal"}) {
    CAPTURE(path);
    WorkflowFixture fixture;
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
    for (const char* directory : {"previous", "pending"}) {
      fixture.disk.put(path_in(directory, kIdentityFile), "");
      fixture.disk.put(path_in(directory, kJournalFile), "");
    }
    CHECK_FALSE(foreign_owner(fixture.disk, kSelf));
    CHECK(fixture.disk.set_owner(path, Owner{kSelf, kSelf}));
    CHECK_FALSE(foreign_owner(fixture.disk, kSelf));
    CHECK(foreign_owner(fixture.disk, 0) == kSelf);
    CHECK(fixture.disk.set_owner(path, Owner{kOther, kOther}));
    CHECK(foreign_owner(fixture.disk, kSelf) == kOther);
  }
}
