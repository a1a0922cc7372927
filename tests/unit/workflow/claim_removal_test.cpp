// --remove-claim deletes what this gateway was provisioned with, and no other file.
#include "workflow/run/claim_removal.hpp"

#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;
using Files = std::vector<std::string>;

namespace {

struct RemovalFixture {
  RemovalFixture() {
    plan.claim_files_to_remove = {"claim.key", "claim.pem"};
    identity.claim_fingerprint = std::string(64, 'c');
    identity.certificate_fingerprint = std::string(64, 'e');
    proof.certificate.emplace();
    proof.certificate->fingerprint = std::string(64, 'c');
    proof.key_fits = true;
    proof.files = {{"claim.key", {1, 10, 200, 0}}, {"claim.pem", {1, 11, 900, 0}}};
  }

  Result<void> carry_out() {
    transport.claim_proof = proof;
    return removal.carry_out(identity);
  }

  Plan plan;
  fakes::FakeClock clock;
  fakes::FakeKeysmith keysmith;
  fakes::FakeDisk disk;
  fakes::FakeService service;
  fakes::FakeHostSystem host;
  fakes::FakeTransport transport{service, clock};
  fakes::RunRecorder observer;
  Ports ports{transport, keysmith, disk, clock, observer, &host};
  ClaimRemoval removal{plan, ports};
  Identity identity;
  ClaimProof proof;
};

}  // namespace

TEST_CASE("only files of the claim that requested the identity are deleted") {
  struct Row {
    const char* name;
    void (*change)(RemovalFixture&);
    std::string why;
  };
  const Row rows[] = {
      {"its claim", [](RemovalFixture&) {}, ""},
      {"its claim, whose key was deleted before", [](RemovalFixture& fixture) { fixture.proof.key_fits = false; }, ""},
      {"another claim", [](RemovalFixture& fixture) { fixture.proof.certificate->fingerprint = std::string(64, 'd'); },
       "it does not belong to the claim that this gateway was provisioned with"},
      {"no certificate", [](RemovalFixture& fixture) { fixture.proof.certificate.reset(); },
       "its content cannot be verified without the claim certificate"},
      {"a key of something else",
       [](RemovalFixture& fixture) { fixture.proof.files.erase(fixture.proof.files.begin()); },
       "it does not hold the key of the claim certificate"},
      {"an identity that did not record its claim",
       [](RemovalFixture& fixture) { fixture.identity.claim_fingerprint.reset(); }, ""},
      {"the same, and a key that does not fit",
       [](RemovalFixture& fixture) {
         fixture.identity.claim_fingerprint.reset();
         fixture.proof.key_fits = false;
       },
       "it does not belong to the claim that this gateway was provisioned with"},
      {"the identity itself",
       [](RemovalFixture& fixture) {
         fixture.identity.claim_fingerprint.reset();
         fixture.identity.certificate_fingerprint = fixture.proof.certificate->fingerprint;
       },
       "it does not belong to the claim that this gateway was provisioned with"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    RemovalFixture fixture;
    row.change(fixture);
    const auto removed = fixture.carry_out();
    CHECK(removed.has_value() == row.why.empty());
    CHECK(fixture.host.removed == (row.why.empty() ? Files{"claim.key", "claim.pem"} : Files{}));
    if (removed) continue;
    CHECK(removed.error().kind == kClaimNotRemoved);
    CHECK(removed.error().message == "the claim file claim.key is not deleted: " + row.why);
    CHECK_FALSE(removed.error().hint.empty());
  }
}

TEST_CASE("files that are gone are left out, and with none left nothing is read") {
  RemovalFixture half;
  half.host.removed = {"claim.key"};
  half.proof.files.erase(half.proof.files.begin());
  CHECK(half.removal.foresee() == 1U);
  REQUIRE(half.carry_out());
  CHECK(half.host.removed == Files{"claim.key", "claim.pem"});
  half.transport.proof_error.emplace().kind = kFileNotFound;
  CHECK(half.carry_out());
  CHECK(half.removal.prepare({}));
  CHECK(half.removal.foresee() == 0U);

  RemovalFixture none;
  none.plan.claim_files_to_remove.clear();
  none.ports.host = nullptr;
  CHECK(none.carry_out());
  none.plan.claim_files_to_remove = {"claim.pem"};
  CHECK(none.carry_out().error().kind == kInternal);
}

TEST_CASE("a claim that cannot be read is not deleted; an interruption stays one") {
  for (const ErrorKind kind : {kFileNotFound, kInterrupted, kTerminated}) {
    RemovalFixture fixture;
    fixture.transport.proof_error.emplace().kind = kind;
    fixture.transport.proof_error->message = "no";
    const auto removed = fixture.removal.carry_out(fixture.identity);
    REQUIRE_FALSE(removed);
    CHECK(removed.error().kind == (kind == kFileNotFound ? kClaimNotRemoved : kind));
    CHECK(fixture.host.removed.empty());
    CHECK(fixture.removal.prepare({}).error().kind == removed.error().kind);
  }
}

TEST_CASE("what this run has loaded is what it deletes") {
  RemovalFixture fixture;
  fixture.transport.claim_proof = fixture.proof;
  CertificateFacts loaded;
  loaded.fingerprint = std::string(64, 'd');
  const auto replaced = fixture.removal.prepare(loaded);
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message == "the claim file claim.key was replaced while this run read it");
  fixture.transport.claim_proof->certificate.reset();
  CHECK_FALSE(fixture.removal.prepare(loaded));

  fixture.transport.claim_proof = fixture.proof;
  loaded.fingerprint = fixture.proof.certificate->fingerprint;
  REQUIRE(fixture.removal.prepare(loaded));
  // The claim is not read a second time, and needs no proof by the identity.
  fixture.transport.proof_error.emplace().kind = kFileNotFound;
  fixture.identity.claim_fingerprint = std::string(64, 'a');
  CHECK(fixture.removal.carry_out(fixture.identity));
  CHECK(fixture.host.removed == Files{"claim.key", "claim.pem"});
}

TEST_CASE("other names of a deleted file are told once, with its last name") {
  struct Row {
    std::uint64_t other_names;
    bool one_file;
    Files warnings;
  };
  const std::string of_key = "the claim file claim.key is deleted, but its content has ";
  const std::string of_certificate = "the claim file claim.pem is deleted, but its content has ";
  const Row rows[] = {
      {0, false, {}},
      {1,
       false,
       {of_key + "1 other name (hard links): find / -xdev -inum 10",
        of_certificate + "1 other name (hard links): find / -xdev -inum 11"}},
      {2, true, {of_certificate + "2 other names (hard links): find / -xdev -inum 11"}},
  };
  for (const Row& row : rows) {
    INFO(row.other_names);
    RemovalFixture fixture;
    fixture.host.other_names = row.other_names;
    if (row.one_file) fixture.proof.files[0].stamp = fixture.proof.files[1].stamp;
    REQUIRE(fixture.carry_out());
    CHECK(fixture.observer.warnings == row.warnings);
  }
}
