// A disk that fails at one operation, each in turn, reading ones included: the run ends with that error and loses
// nothing, and the next run completes the work.
#include <memory>
#include <set>
#include <string>
#include <vector>

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

void forced_without_exchange(WorkflowFixture& fixture) {
  forced(fixture);
  fixture.disk.can_exchange = false;
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

void replaced(WorkflowFixture& fixture) {
  forced(fixture);
  interrupted_at(fixture, "remove_file pending/journal");
}

/// Once the identity is installed the run is a success; what stays of the old one waits for the next run.
const std::set<std::string> kOfOldIdentity{"read previous/identity.json", "rename pending previous"};

const Scenario kScenarios[] = {
    {"a first run", nothing, outcome_of<provision>, {}},
    {"a run that finds the identity", one_identity, outcome_of<provision>, {}},
    {"a run with --force", forced, outcome_of<provision>, kOfOldIdentity},
    {"a run with --force where directories cannot be exchanged",
     forced_without_exchange,
     outcome_of<provision>,
     {"read previous/identity.json"}},
    {"a run that resumes with a certificate", with_certificate, outcome_of<provision>, {}},
    {"a run that resumes a registered identity", registered, outcome_of<provision>, {}},
    {"a run that resumes a --force run", replaced, outcome_of<provision>, kOfOldIdentity},
    {"rotate", one_identity, outcome_of<rotate>, kOfOldIdentity},
};

/// While it lives, the operation with this number fails; counted from 0.
class FailingDisk {
 public:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);

  FailingDisk(WorkflowFixture& fixture, std::size_t at) : disk_(fixture.disk) {
    const auto hook = [this, at](const std::string& operation) -> Result<void> {
      operations.push_back(operation);
      if (operations.size() == at + 1) return fail(kDiskError, "broken at " + operation);
      return {};
    };
    disk_.before = hook;
    disk_.before_reading = hook;
  }
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;
  ~FailingDisk() {
    disk_.before = nullptr;
    disk_.before_reading = nullptr;
  }

  std::vector<std::string> operations;

 private:
  fakes::FakeDisk& disk_;
};

std::vector<std::string> operations_of(const Scenario& scenario) {
  WorkflowFixture fixture;
  scenario.prepare(fixture);
  FailingDisk disk(fixture, FailingDisk::kNever);
  REQUIRE(scenario.act(fixture).kind != OutcomeKind::kFailed);
  return disk.operations;
}

}  // namespace

TEST_CASE(
    "a disk that fails at any operation, reading ones included, ends each kind of run, and the next one completes it") {
  for (const Scenario& scenario : kScenarios) {
    const std::vector<std::string> operations = operations_of(scenario);
    std::set<std::string> survived;
    for (std::size_t at = 0; at < operations.size(); ++at) {
      INFO(scenario.name << ", operation " << at << ": " << operations[at]);
      WorkflowFixture fixture;
      scenario.prepare(fixture);
      const bool had_identity = fixture.disk.text("identity/certificate.pem").has_value();
      const Outcome outcome = [&] {
        const FailingDisk disk(fixture, at);
        return scenario.act(fixture);
      }();
      if (outcome.error) {
        CHECK(outcome.error->kind == kDiskError);
        CHECK(outcome.error->message.find("broken at " + operations[at]) != std::string::npos);
      } else {
        survived.insert(operations[at]);
      }
      // The identity is the old one or a new one, and never none; without an exchange of directories, that of pending/.
      if (had_identity && fixture.disk.can_exchange) CHECK(fixture.disk.text("identity/certificate.pem"));
      CHECK(scenario.act(fixture).kind != OutcomeKind::kFailed);
      CHECK(fixture.disk.text("identity/certificate.pem"));
    }
    INFO(scenario.name);
    CHECK(survived == scenario.survived);
  }
}

TEST_CASE("status on a disk that cannot be read says so, and never that there is no identity") {
  for (const auto prepare : {one_identity, forced_again, with_certificate, registered, replaced}) {
    WorkflowFixture fixture;
    prepare(fixture);
    fakes::RunRecorder observer;
    const auto healthy = read_state(fixture.disk, fixture.keysmith, observer);
    REQUIRE(healthy);
    const std::size_t count = [&] {
      FailingDisk disk(fixture, FailingDisk::kNever);
      REQUIRE(read_state(fixture.disk, fixture.keysmith, observer));
      return disk.operations.size();
    }();
    REQUIRE(count > 0);
    for (std::size_t at = 0; at < count; ++at) {
      FailingDisk disk(fixture, at);
      const auto state = read_state(fixture.disk, fixture.keysmith, observer);
      INFO(disk.operations.at(at));
      if (!state) {
        CHECK(state.error().kind == kDiskError);
        continue;
      }
      CHECK(state->kind == healthy->kind);
      CHECK(state->identity.has_value() == healthy->identity.has_value());
      CHECK(state->pending.has_value() == healthy->pending.has_value());
    }
  }
}
