// The report of `status` for each state that a run can leave; `status` changes no file.
#include "workflow/commands/status.hpp"
#include "tests/unit/workflow/workflow_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using fakes::Reaction;

namespace {

State state_of(WorkflowFixture& fixture) {
  fakes::RunRecorder observer;
  const std::size_t operations = fixture.disk.log.size();
  auto state = read_state(fixture.disk, fixture.keysmith, observer);
  CHECK(fixture.disk.log.size() == operations);
  REQUIRE(state);
  return std::move(*state);
}

}  // namespace

TEST_CASE("an empty, a provisioned and a replaced state are distinguished") {
  WorkflowFixture fixture;
  CHECK(state_of(fixture).kind == StateKind::kEmpty);
  fixture.run();
  const State provisioned = state_of(fixture);
  CHECK(provisioned.kind == StateKind::kProvisioned);
  CHECK(provisioned.identity->thing_name == "gateway-1");
  CHECK(provisioned.certificate->fingerprint == provisioned.identity->certificate_fingerprint);
  CHECK(!provisioned.pending);
  CHECK(!provisioned.previous);
  fixture.plan.force = true;
  fixture.run();
  const State replaced = state_of(fixture);
  CHECK(replaced.kind == StateKind::kProvisioned);
  REQUIRE(replaced.previous);
  CHECK(replaced.previous->certificate_fingerprint == provisioned.identity->certificate_fingerprint);
}

TEST_CASE("an unfinished run is reported with its milestone and what it waits for") {
  struct Row {
    Operation refused;
    Milestone reached;
    const char* waits_for;
  };
  const Row rows[] = {
      {Operation::kCreateCertificateFromCsr, Milestone::kKeyMade, "requesting a certificate for its key"},
      {Operation::kRegisterThing, Milestone::kCertified, "registering the thing"},
  };
  for (const Row& row : rows) {
    WorkflowFixture fixture;
    fixture.service.react = [&row](Operation asked, unsigned) {
      return asked == row.refused ? Reaction{.kind = Reaction::Kind::kReject, .words = {403, "", ""}} : Reaction{};
    };
    fixture.run();
    const State state = state_of(fixture);
    CHECK(state.kind == StateKind::kPending);
    REQUIRE(state.pending);
    CHECK(state.pending->reached == row.reached);
    CHECK(state.pending->waits_for == row.waits_for);
    CHECK(state.pending->certificate_id.has_value() == (row.reached == Milestone::kCertified));
  }
}

TEST_CASE("a run that was cut off before the commit waits for its commit") {
  WorkflowFixture fixture;
  fixture.disk.before = [](const std::string& operation) -> Result<void> {
    if (operation == "rename pending identity") return fail(ErrorKind::kDiskError, "no");
    return {};
  };
  fixture.run();
  const State state = state_of(fixture);
  CHECK(state.kind == StateKind::kPending);
  REQUIRE(state.pending);
  CHECK(state.pending->reached == Milestone::kEnrolled);
  CHECK(state.pending->thing_name == "gateway-1");
}

TEST_CASE("a run whose journal is left says whether its identity was proved") {
  for (const bool verify : {false, true}) {
    INFO(verify);
    WorkflowFixture fixture;
    fixture.plan.verify = verify;
    fixture.disk.before = [](const std::string& operation) -> Result<void> {
      if (operation == "remove_file pending/journal") return fail(ErrorKind::kDiskError, "no");
      return {};
    };
    REQUIRE(fixture.run().error);
    const State state = state_of(fixture);
    REQUIRE(state.pending);
    CHECK(state.pending->reached == (verify ? Milestone::kVerified : Milestone::kEnrolled));
    CHECK(state.pending->waits_for == "installing the identity");
  }
}

TEST_CASE("a damaged identity or journal is reported with what is wrong") {
  WorkflowFixture fixture;
  fixture.run();
  fixture.disk.put("identity/thing-name", "other\n");
  const State damaged = state_of(fixture);
  CHECK(damaged.kind == StateKind::kDamaged);
  REQUIRE(damaged.damage);
  CHECK(damaged.damage->message.find("thing-name") != std::string::npos);

  // The owner of identity/ cannot choose which file is opened as its key.
  for (const std::string key :
       {"/etc/shadow", "../private-key.pem", "file:/etc/shadow", "private-key.pem/", " private-key.pem"}) {
    WorkflowFixture elsewhere;
    elsewhere.run();
    std::string identity(elsewhere.disk.read("identity/identity.json", 10'000).value()->reveal());
    const std::string own = R"("key": "private-key.pem")";
    identity.replace(identity.find(own), own.size(), R"("key": ")" + key + R"(")");
    elsewhere.disk.put("identity/identity.json", identity);
    INFO(key);
    const State state = state_of(elsewhere);
    CHECK(state.kind == StateKind::kDamaged);
    REQUIRE(state.damage);
    CHECK(state.damage->message.find("its \"key\" is neither private-key.pem") != std::string::npos);
  }

  WorkflowFixture torn;
  torn.disk.put_entry("pending", {EntryType::kDirectory, 0700, true});
  torn.disk.put("pending/journal", "{");
  CHECK(state_of(torn).kind == StateKind::kDamaged);
}

TEST_CASE("only the unfinished run of another user may be unreadable") {
  for (const bool own : {true, false}) {
    INFO(own);
    WorkflowFixture fixture;
    fixture.service.react = [](Operation, unsigned) {
      return Reaction{.kind = Reaction::Kind::kReject, .words = {403, "", ""}};
    };
    fixture.run();
    fixture.disk.set_facts("pending", own, 0700);
    fixture.disk.before_reading = [](const std::string& operation) -> Result<void> {
      if (operation == "list pending") return fail(ErrorKind::kStateNotWritable, "no");
      return {};
    };
    const State state = state_of(fixture);
    CHECK(state.kind == StateKind::kPending);
    REQUIRE(state.pending);
    CHECK((state.pending->reached == Milestone::kKeyMade) == own);
  }
}

TEST_CASE("an unfinished run that other users can read or write is not read") {
  for (const char* open : {"pending", "pending/journal", "pending/private-key.pem"}) {
    INFO(open);
    WorkflowFixture fixture;
    fixture.service.react = [](Operation, unsigned) {
      return Reaction{.kind = Reaction::Kind::kReject, .words = {403, "", ""}};
    };
    fixture.run();
    REQUIRE(state_of(fixture).kind == StateKind::kPending);
    fixture.disk.set_facts(open, true, open == std::string_view("pending") ? 0755 : 0644);
    fakes::RunRecorder observer;
    const auto state = read_state(fixture.disk, fixture.keysmith, observer);
    REQUIRE_FALSE(state);
    CHECK(state.error().kind == ErrorKind::kStateNotPrivate);
  }
}
