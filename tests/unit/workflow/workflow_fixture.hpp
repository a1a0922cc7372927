// A run with fakes: a fault is a value, and the invariants are checked in one function.
#pragma once

#include <map>
#include <string>

#include "core/text.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_disk.hpp"
#include "tests/fakes/fake_host_system.hpp"
#include "tests/fakes/fake_keysmith.hpp"
#include "tests/fakes/fake_transport.hpp"
#include "tests/fakes/run_recorder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/plan.hpp"
#include "workflow/commands/provision.hpp"

namespace fleet_provision::test {

struct WorkflowFixture {
  Outcome run() {
    observer = std::make_unique<fakes::RunRecorder>();
    const Ports ports{transport, keysmith, disk, clock, *observer, &host_system};
    const Instant began = clock.now();
    const std::size_t sessions = transport.connections.size();
    Outcome outcome = provision(plan, ports);
    disk.release_lock();
    check_invariants(outcome, began, sessions);
    return outcome;
  }

  /// Checks the invariants of every run.
  void check_invariants(const Outcome& outcome, Instant began, std::size_t sessions) {
    CHECK((outcome.kind == OutcomeKind::kFailed) == outcome.error.has_value());
    CHECK(clock.now() - began <= plan.timeout + plan.splay);
    // An attempt has at most one connection with the claim and one with the new identity.
    CHECK(transport.connections.size() - sessions >= outcome.attempts);
    if (!plan.verify) CHECK(transport.connections.size() - sessions == outcome.attempts);
    CHECK(transport.closed == transport.connections.size());
    if (plan.attempts) CHECK(outcome.attempts <= *plan.attempts);
    CHECK(outcome.certificates_requested <= 4);
    const bool whole = disk.text("identity/identity.json").has_value();
    if (plan.verify && outcome.kind != OutcomeKind::kFailed) CHECK(outcome.identity->verified_at);
    if (outcome.kind != OutcomeKind::kFailed) {
      CHECK(whole);
      CHECK(!disk.mode("pending"));
      CHECK(!disk.holds("-of-the-service"));
    }
    // Without a failed attempt, each phase that began has ended, except a registration whose token was refused.
    if (outcome.kind != OutcomeKind::kFailed && observer->failures.empty()) {
      std::map<std::string, int> open;
      for (const std::string& line : observer->lines) {
        if (line.starts_with("began ")) ++open[line.substr(6)];
        if (line.starts_with("ended ")) --open[line.substr(6)];
      }
      for (const auto& [phase, count] : open) {
        INFO(phase);
        if (phase != "register") CHECK(count == 0);
      }
    }
    for (const std::string& line : observer->lines) {
      CHECK(line.find("BEGIN-KEY") == std::string::npos);
      CHECK(line.find("-of-the-service") == std::string::npos);
      CHECK(printable(line, 10'000) == line);
    }
  }

  Plan plan = gateway_plan();
  fakes::FakeClock clock;
  fakes::FakeKeysmith keysmith;
  fakes::FakeDisk disk;
  fakes::FakeService service;
  fakes::FakeHostSystem host_system;
  fakes::FakeTransport transport{service, clock};
  std::unique_ptr<fakes::RunRecorder> observer;
};

/// The kind of the error that a run must have ended with.
inline ErrorKind failed_as(const Outcome& outcome) {
  REQUIRE(outcome.error);
  return outcome.error->kind;
}

}  // namespace fleet_provision::test
