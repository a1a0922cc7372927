// A disk that fails at one operation, each in turn, reading ones included: the run ends with that error, loses nothing,
// and the next run completes the work.
#include <set>

#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/commands/rotate.hpp"
#include "workflow/commands/status.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

namespace {

/// Without the invariants of a run on a healthy disk.
template <Outcome (*Command)(const Plan&, const Ports&)>
Outcome outcome_of(WorkflowFixture& fixture) {
  fixture.observer = std::make_unique<fakes::RunRecorder>();
  const Ports ports{fixture.transport, fixture.keysmith,  fixture.disk,
                    fixture.clock,     *fixture.observer, &fixture.host_system};
  Outcome outcome = Command(fixture.plan, ports);
  fixture.disk.release_lock();
  return outcome;
}

struct Scenario {
  const char* name;
  void (*prepare)(WorkflowFixture&);
  Outcome (*act)(WorkflowFixture&);
  /// Operations whose failure the run survives: what it did before counts already, or it does without.
  std::set<std::string> survived;
};

void nothing(WorkflowFixture& /*fixture*/) {}

void one_identity(WorkflowFixture& fixture) {
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
}

void forced(WorkflowFixture& fixture) {
  one_identity(fixture);
  fixture.plan.force = true;
}

void forced_again(WorkflowFixture& fixture) {
  forced(fixture);
  REQUIRE(fixture.run().kind == OutcomeKind::kProvisioned);
}

/// Runs until `operation` fails.
void interrupted_at(WorkflowFixture& fixture, const char* operation) {
  fixture.disk.before = [operation](const std::string& each) -> Result<void> {
    if (each == operation) return fail(kDiskError, "broken");
    return {};
  };
  REQUIRE(fixture.run().kind == OutcomeKind::kFailed);
  fixture.disk.before = nullptr;
}

void with_certificate(WorkflowFixture& fixture) {
  fixture.service.react = [](Operation operation, unsigned nth) {
    fakes::Reaction reaction;
    if (operation == Operation::kRegisterThing && nth == 1)
      reaction = {fakes::Reaction::Kind::kReject, {403, "Denied", "no"}};
    return reaction;
  };
  REQUIRE(fixture.run().kind == OutcomeKind::kFailed);
}

void registered(WorkflowFixture& fixture) {
  interrupted_at(fixture, "remove_file pending/journal");
}

void exchanged(WorkflowFixture& fixture) {
  forced(fixture);
  interrupted_at(fixture, "remove_file pending/journal");
}

/// Once the identity is installed the run is a success; what stays of the old one waits for the next run.
const std::set<std::string> kOfOldIdentity{"read previous/identity.json", "rename pending previous"};

const Scenario kScenarios[] = {
    {"a first run", nothing, outcome_of<provision>, {}},
    {"a run that finds the identity", one_identity, outcome_of<provision>, {}},
    {"a run with --force", forced, outcome_of<provision>, kOfOldIdentity},
    {"a second run with --force", forced_again, outcome_of<provision>, kOfOldIdentity},
    {"a run that resumes with a certificate", with_certificate, outcome_of<provision>, {}},
    {"a run that resumes a registered identity", registered, outcome_of<provision>, {}},
    {"a run that resumes a --force run", exchanged, outcome_of<provision>, kOfOldIdentity},
    {"rotate", one_identity, outcome_of<rotate>, kOfOldIdentity},
};

struct Counted {
  std::vector<std::string> operations;
  Result<void> operator()(std::size_t at, const std::string& operation) {
    operations.push_back(operation);
    if (operations.size() - 1 == at) return fail(kDiskError, "broken at " + operation);
    return {};
  }
};

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

void fail_at(WorkflowFixture& fixture, Counted& counted, std::size_t at) {
  const auto hook = [&counted, at](const std::string& operation) { return counted(at, operation); };
  fixture.disk.before = hook;
  fixture.disk.before_reading = hook;
}

void heal(WorkflowFixture& fixture) {
  fixture.disk.before = nullptr;
  fixture.disk.before_reading = nullptr;
}

}  // namespace

TEST_CASE(
    "a disk that fails at any operation, a reading one included, ends each kind of run; the next run completes it") {
  for (const Scenario& scenario : kScenarios) {
    WorkflowFixture healthy;
    scenario.prepare(healthy);
    Counted all;
    fail_at(healthy, all, kNever);
    REQUIRE(scenario.act(healthy).kind != OutcomeKind::kFailed);
    std::set<std::string> survived;
    for (std::size_t at = 0; at < all.operations.size(); ++at) {
      INFO(scenario.name << ", operation " << at << ": " << all.operations[at]);
      WorkflowFixture fixture;
      scenario.prepare(fixture);
      const auto before = fixture.disk.text("identity/certificate.pem");
      Counted counted;
      fail_at(fixture, counted, at);
      const Outcome outcome = scenario.act(fixture);
      heal(fixture);
      if (outcome.error) {
        CHECK(outcome.error->kind == kDiskError);
        CHECK(outcome.error->message.find("broken at " + all.operations[at]) != std::string::npos);
      } else {
        survived.insert(all.operations[at]);
      }
      // The identity is the old one or a new one, and never none.
      if (before) CHECK(fixture.disk.text("identity/certificate.pem"));
      CHECK(scenario.act(fixture).kind != OutcomeKind::kFailed);
      CHECK(fixture.disk.text("identity/certificate.pem"));
    }
    INFO(scenario.name);
    CHECK(survived == scenario.survived);
  }
}

TEST_CASE("status on a disk that cannot be read says so, and never that there is no identity") {
  for (void (*prepare)(WorkflowFixture&) : {one_identity, forced_again, with_certificate, registered, exchanged}) {
    WorkflowFixture fixture;
    prepare(fixture);
    fakes::RunRecorder observer;
    Counted all;
    fail_at(fixture, all, kNever);
    const auto healthy = read_state(fixture.disk, fixture.keysmith, observer);
    REQUIRE(healthy);
    REQUIRE_FALSE(all.operations.empty());
    for (std::size_t at = 0; at < all.operations.size(); ++at) {
      INFO(all.operations[at]);
      Counted counted;
      fail_at(fixture, counted, at);
      const auto state = read_state(fixture.disk, fixture.keysmith, observer);
      heal(fixture);
      if (!state) {
        CHECK(state.error().kind == kDiskError);
      } else {
        CHECK(state->kind == healthy->kind);
        CHECK(state->identity.has_value() == healthy->identity.has_value());
        CHECK(state->pending.has_value() == healthy->pending.has_value());
      }
    }
  }
}
