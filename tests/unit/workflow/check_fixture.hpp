// `check` over fakes.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "tests/unit/workflow/workflow_fixture.hpp"
#include "workflow/commands/check.hpp"

namespace fleet_provision::test {

inline constexpr Operation kCreate = Operation::kCreateCertificateFromCsr;
inline constexpr Operation kEnroll = Operation::kRegisterThing;

inline fakes::Reaction rejecting(const ServiceError& words) {
  return {.kind = fakes::Reaction::Kind::kReject, .words = words};
}

/// Reacts to probes like AWS.
inline fakes::Reaction as_the_service(Operation, unsigned) {
  return rejecting({400, "InvalidRequest", "no"});
}

struct CheckFixture : WorkflowFixture {
  CheckFixture() {
    service.react = as_the_service;
    plan.claim_key_file = "claim.key";
  }

  Outcome run_check(bool probe = true) {
    recorder = std::make_unique<fakes::RunRecorder>();
    PhaseLog log(*recorder, clock);
    const std::size_t operations = disk.log.size();
    Outcome outcome = check(plan, {transport, keysmith, disk, clock, log, &host_system}, log, probe);
    // Whatever was found.
    CHECK(disk.log.size() == operations);
    CHECK(service.certificates.empty());
    CHECK(transport.closed == transport.connections.size());
    CHECK((outcome.kind == OutcomeKind::kFailed) == outcome.error.has_value());
    bool any_failed = false;
    for (const Check& each : outcome.checks) any_failed = any_failed || each.result == CheckResult::kFailed;
    CHECK(any_failed == outcome.error.has_value());
    return outcome;
  }

  std::unique_ptr<fakes::RunRecorder> recorder;
};

/// `name=ok name=failed …` of the lines from `first` on.
inline std::string results(const Outcome& outcome, const std::string& first) {
  std::string text;
  bool on = false;
  for (const Check& each : outcome.checks) {
    on = on || each.name == first;
    const char* word[] = {"ok", "warning", "failed", "skipped"};
    if (on) text += (text.empty() ? "" : " ") + each.name + "=" + word[static_cast<int>(each.result)];
  }
  return text;
}

inline const Check& line(const Outcome& outcome, const std::string& name) {
  for (const Check& each : outcome.checks) {
    if (each.name == name) return each;
  }
  FAIL("there is no line " << name);
  std::abort();
}

}  // namespace fleet_provision::test
