// What a run must leave alone of what an earlier run has reached. All cases were found by the model of tests/model.
#include <utility>

#include "core/milestones.hpp"
#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

TEST_CASE("a run that is refused for its options leaves the unfinished run, however old it is") {
  WorkflowFixture fixture;
  // The service registers the gateway, and the disk fails before the identity is installed.
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation == "remove_file pending/journal") return fail(kDiskError, "broken");
    return {};
  };
  CHECK(fixture.run().kind == OutcomeKind::kFailed);
  fixture.disk.before = nullptr;
  const auto certificate = fixture.disk.text("pending/certificate.pem");
  REQUIRE(certificate);

  fixture.clock.pass(kTokenLife);
  fixture.plan.parameters = {{"SerialNumber", "4712"}};
  const Outcome refused = fixture.run();
  REQUIRE(refused.error);
  CHECK(refused.error->kind == kUsage);

  // The hint is true: the options of the first run finish it.
  fixture.plan.parameters = {{"SerialNumber", "4711"}};
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  CHECK(fixture.disk.text("identity/certificate.pem") == certificate);
  CHECK(fixture.service.certificates.size() == 1);
}

TEST_CASE("pending/ that a commit has opened for other users is closed before its identity.json is removed") {
  for (const unsigned mode : {0700U, 0750U}) {
    WorkflowFixture fixture;
    fixture.disk.before = [](const std::string& operation) -> Result<void> {
      if (operation == "remove_file pending/journal") return fail(kDiskError, "broken");
      return {};
    };
    CHECK(fixture.run().kind == OutcomeKind::kFailed);
    fixture.disk.set_facts("pending", true, mode);
    std::vector<std::string> changes;
    std::optional<unsigned> mode_at_removal;
    fixture.disk.before = [&](const std::string& operation) -> Result<void> {
      if (operation == "remove_file pending/identity.json" && !mode_at_removal) {
        mode_at_removal = fixture.disk.mode("pending");
      }
      if (operation == "set_mode pending" && !mode_at_removal) changes.push_back(operation);
      return {};
    };
    fixture.clock.pass(kTokenLife);
    fixture.plan.force = true;
    fixture.plan.parameters = {{"SerialNumber", "4712"}};
    CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
    CHECK(mode_at_removal == 0700U);
    CHECK(changes.size() == (mode != 0700U ? 1 : 0));
  }
}

TEST_CASE("a --force run that cannot resume leaves the journal") {
  WorkflowFixture fixture;
  fixture.keysmith.files["/csr.pem"] =
      "BEGIN-CSR " + fakes::fake_digest(fakes::fake_key_pem("far")) + " CN=x END-CSR\n";
  fixture.plan.key_source = ExistingCsr{"/csr.pem", std::nullopt};
  fixture.service.tokens_to_refuse = kCertificatesMax;
  CHECK(fixture.run().error->kind == kCertificateLimit);
  const auto journal = fixture.disk.text("pending/journal");

  fixture.plan.force = true;
  fixture.keysmith.files.clear();
  CHECK(fixture.run().error->kind == kFileNotFound);
  CHECK(fixture.disk.text("pending/journal") == journal);
}

namespace {

/// A --force run whose power is cut when its pending/ is there; of the changes of names only the newest survives.
void cut_after_new_pending(WorkflowFixture& fixture) {
  fixture.plan.force = true;
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation == "write_new pending/probe") throw fakes::PowerCut{};
    return {};
  };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.disk.before = nullptr;
  fixture.disk.cut({fakes::Survival::Names::kNewestOnly, fakes::Survival::Data::kKept});
}

}  // namespace

TEST_CASE("a new pending/ does not take the name on the disk before the replaced identity has left it") {
  WorkflowFixture fixture;
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  const auto replaced = fixture.disk.text("identity/certificate.pem");
  fixture.plan.force = true;
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  cut_after_new_pending(fixture);
  CHECK(fixture.disk.text("previous/certificate.pem") == replaced);
}

TEST_CASE("a new pending/ does not take the name on the disk before the identity of a killed run has left it") {
  WorkflowFixture fixture;
  bool renamed = false;
  fixture.disk.before = [&renamed](const std::string& operation) -> Result<void> {
    if (renamed) throw fakes::PowerCut{};
    renamed = operation == "rename pending identity";
    return {};
  };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.disk.release_lock();
  const auto installed = fixture.disk.text("identity/certificate.pem");
  REQUIRE(installed);
  cut_after_new_pending(fixture);
  CHECK(fixture.disk.text("identity/certificate.pem") == installed);
}

TEST_CASE(
    "the identity that a killed run has renamed to previous/ keeps that name when the next run finishes the commit") {
  WorkflowFixture fixture;
  fixture.disk.can_exchange = false;
  CHECK(fixture.run().kind == OutcomeKind::kProvisioned);
  const auto replaced = fixture.disk.text("identity/certificate.pem");
  fixture.plan.force = true;
  bool renamed = false;
  fixture.disk.before = [&renamed](const std::string& operation) -> Result<void> {
    if (renamed) throw fakes::PowerCut{};
    renamed = operation == "rename identity previous";
    return {};
  };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.disk.release_lock();
  renamed = false;
  fixture.disk.before = [&renamed](const std::string& operation) -> Result<void> {
    if (renamed) throw fakes::PowerCut{};
    renamed = operation == "rename pending identity";
    return {};
  };
  CHECK_THROWS_AS(fixture.run(), fakes::PowerCut);
  fixture.disk.before = nullptr;
  fixture.disk.cut({fakes::Survival::Names::kNewestOnly, fakes::Survival::Data::kKept});
  CHECK(fixture.disk.text("previous/certificate.pem") == replaced);
}

TEST_CASE("runs that are killed after their request stay within the limit, also when an earlier count is an hour old") {
  WorkflowFixture fixture;
  const auto run_killed_after_request = [&fixture] {
    bool sent = false;
    fixture.transport.around_publish = [&sent] {
      if (std::exchange(sent, true)) throw fakes::PowerCut{};
    };
    try {
      const Outcome outcome = fixture.run();
      CHECK(outcome.error->kind == kCertificateLimit);
    } catch (const fakes::PowerCut&) {
    }
    fixture.transport.around_publish = nullptr;
    fixture.disk.release_lock();
  };
  run_killed_after_request();
  CHECK(fixture.service.certificates.size() == 1);
  fixture.clock.pass(kTokenLife);
  for (unsigned n = 0; n < kCertificatesMax + 2; ++n) run_killed_after_request();
  CHECK(fixture.service.certificates.size() == 1 + kCertificatesMax);
}
