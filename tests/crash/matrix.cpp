#include "tests/crash/matrix.hpp"

#include <set>

#include "core/milestones.hpp"
#include "tests/fakes/fake_clock.hpp"
#include "tests/fakes/fake_host_system.hpp"
#include "tests/fakes/fake_keysmith.hpp"
#include "tests/fakes/fake_transport.hpp"
#include "tests/fakes/run_recorder.hpp"
#include "tests/support/plan.hpp"
#include "workflow/commands/provision.hpp"
#include "workflow/commands/rotate.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision::crash {
namespace {

using fakes::PowerCut;
using fakes::Survival;

constexpr unsigned kNever = 1'000'000;

struct CrashFixture {
  explicit CrashFixture(Scenario made_for) : scenario(std::move(made_for)) {
    plan.method = scenario.method;
    disk.can_exchange = scenario.can_exchange;
    if (scenario.replaces()) {
      Disk& plain = disk;
      (void)run(plain);
      disk.release_lock();
      disk.cut({Survival::Names::kKept, Survival::Data::kKept});
      plan.force = scenario.force;
      rotating = scenario.rotate;
      old_certificates = static_cast<unsigned>(service.certificates.size());
    }
    service.tokens_to_refuse = scenario.tokens_to_refuse;
    if (scenario.with_post_install) {
      plan.verify = true;
      plan.on_success = "/usr/bin/hook";
      plan.owner = Owner{1000, 1000};
    }
  }

  Outcome run(Disk& through) {
    fakes::RunRecorder observer;
    const Ports ports{transport, keysmith, through, clock, observer, &host_system};
    return rotating ? rotate(plan, ports) : provision(plan, ports);
  }

  /// Runs until operation `at` (from 1), then stops as if the process were killed. Nothing unless the run ended before.
  std::optional<Outcome> run_until(unsigned at, Disk& through) {
    unsigned operations = 0;
    const auto tick = [&operations, at] {
      if (++operations == at) throw PowerCut{};
    };
    disk.before = [&tick](const std::string&) -> Result<void> {
      tick();
      return {};
    };
    transport.around_publish = tick;
    host_system.around = tick;
    std::optional<Outcome> outcome;
    try {
      outcome = run(through);
    } catch (const PowerCut&) {
    }
    disk.before = nullptr;
    transport.around_publish = nullptr;
    host_system.around = nullptr;
    disk.release_lock();
    operations_seen = operations;
    return outcome;
  }

  Scenario scenario;
  Plan plan = test::gateway_plan();
  fakes::FakeClock clock;
  fakes::FakeKeysmith keysmith;
  fakes::FakeDisk disk;
  fakes::FakeService service;
  fakes::FakeTransport transport{service, clock};
  fakes::FakeHostSystem host_system;
  bool rotating = false;
  unsigned old_certificates = 0;
  unsigned operations_seen = 0;
};

/// The reason why identity/ is neither complete nor absent; empty if it is one of both.
std::string identity_fault(CrashFixture& fixture, bool may_be_absent) {
  const auto identity = read_identity_in(fixture.disk, fixture.keysmith, kIdentityDirectory);
  if (!identity) return "identity/ is torn: " + identity.error().message;
  if (!*identity) return may_be_absent ? "" : "identity/ is gone";
  std::set<std::string> wanted;
  for (const std::string& name : files_of(**identity)) wanted.insert(name);
  const auto present = fixture.disk.list(kIdentityDirectory);
  for (const std::string& name : *present) {
    if (wanted.count(name) == 0) return "identity/ holds " + name;
  }
  if (fixture.disk.mode("identity") != 0755U) return "identity/ is not open to all";
  if (fixture.disk.mode("identity/private-key.pem") != 0600U) return "the key is not private";
  for (const char* file : {"certificate.pem", "thing-name", "device-configuration.json", "identity.json"}) {
    if (fixture.disk.mode(std::string("identity/") + file) != 0644U)
      return std::string(file) + " is not readable by all";
  }
  return "";
}

/// A lost key whose CSR was sent, or a lost certificate whose token was sent and not rejected; empty if nothing is
/// lost.
std::string loss(CrashFixture& fixture) {
  // With --force and rotate a run after a finished one replaces the identity again, and previous/ keeps only one
  // generation.
  const bool twice = fixture.scenario.replaces() && fixture.scenario.killed_at && fixture.keysmith.keys_made > 2;
  const unsigned first = twice ? 2 : 1;
  for (unsigned n = first; n <= fixture.keysmith.keys_made; ++n) {
    const std::string pem = fakes::fake_key_pem("made-" + std::to_string(n));
    const bool sent = fixture.service.csr_keys.count(fakes::fake_digest(pem)) != 0;
    if (sent && !fixture.disk.holds(pem)) return "key " + std::to_string(n) + " was sent and is lost";
  }
  for (std::size_t i = first - 1; i < fixture.service.certificates.size(); ++i) {
    const auto& each = fixture.service.certificates[i];
    if (!each.register_received || each.token_refused) continue;
    const std::string number = std::to_string(i + 1);
    if (!fixture.disk.holds("serial-" + number + " ")) return "certificate " + number + " was used and is lost";
    if (!each.private_key.empty() && !fixture.disk.holds(each.private_key)) return "key of " + number + " is lost";
  }
  return "";
}

std::string final_fault(CrashFixture& fixture, const Outcome& outcome) {
  std::string fault = identity_fault(fixture, false);
  if (!fault.empty()) return fault;
  const auto identity = read_identity_in(fixture.disk, fixture.keysmith, kIdentityDirectory);
  bool registered = false;
  for (const auto& each : fixture.service.certificates) {
    registered |= each.registered && fakes::fake_digest(each.pem) == (*identity)->certificate_fingerprint;
  }
  if (!registered) return "the installed certificate is not registered";
  if (!outcome.identity || outcome.identity->certificate_fingerprint != (*identity)->certificate_fingerprint) {
    return "the outcome tells of another identity";
  }
  if (fixture.disk.holds("token-")) return "a token is left";
  if (!fixture.scenario.with_post_install) return "";
  if (!(*identity)->verified_at) return "the identity was never proved";
  if (fixture.disk.text("on-success-owed")) return "the program has not run";
  bool ran = false;
  for (const auto& call : fixture.host_system.calls) ran |= call.variables.at(1).second == (*identity)->certificate_id;
  if (!ran) return "the program never ran for this identity";
  return "";
}

/// Repeats runs after the power cut until one succeeds; returns what is wrong, or empty.
std::string finish(CrashFixture& fixture, Tally& tally, unsigned cuts) {
  for (int boot = 0; boot < 3; ++boot) {
    ++tally.runs;
    const Outcome outcome = fixture.run(fixture.disk);
    fixture.disk.release_lock();
    if (outcome.kind != OutcomeKind::kFailed) {
      std::string fault = final_fault(fixture, outcome);
      if (!fault.empty()) return fault;
      const auto asked = static_cast<unsigned>(fixture.service.certificates.size()) - fixture.old_certificates;
      const unsigned needed = fixture.scenario.tokens_to_refuse + 1 + cuts;
      return asked > needed ? std::to_string(asked) + " certificates were asked for" : "";
    }
    const auto asked = static_cast<unsigned>(fixture.service.certificates.size()) - fixture.old_certificates;
    if (outcome.error->kind != ErrorKind::kCertificateLimit) return "failed: " + outcome.error->message;
    if (!fixture.scenario.force && asked > kCertificatesMax) return "the bound was passed";
    if (asked < 2) return "the bound was met without certificates";
    // The token's lifetime of an hour passes.
    fixture.clock.pass(kTokenLife);
  }
  return "no run came to its end";
}

std::string after_cut(CrashFixture& fixture, const Survival& survival, bool told_finished, Tally& tally) {
  fixture.disk.cut(survival);
  fixture.clock.reboot();
  const bool may_be_absent = !told_finished && !(fixture.scenario.replaces() && fixture.scenario.can_exchange);
  std::string fault = identity_fault(fixture, may_be_absent);
  if (fault.empty()) fault = loss(fixture);
  if (!fault.empty()) return fault;
  if (told_finished) {
    // A finished identity stays, and a further run needs no network.
    fixture.plan.force = false;
    fixture.rotating = false;
    const std::size_t connections = fixture.transport.connections.size();
    const std::size_t calls = fixture.host_system.calls.size();
    const Outcome outcome = fixture.run(fixture.disk);
    const bool untouched =
        fixture.transport.connections.size() == connections && fixture.host_system.calls.size() == calls;
    return outcome.kind == OutcomeKind::kAlreadyProvisioned && untouched ? "" : "a finished identity was not enough";
  }
  return finish(fixture, tally, fixture.scenario.killed_at ? 2 : 1);
}

}  // namespace

Tally run_matrix(const Scenario& scenario, const std::vector<Survival>& survivals, Mutation mutation, unsigned nth,
                 bool first_only) {
  Tally tally;
  for (const Survival& survival : survivals) {
    bool ended = false;
    for (unsigned at = 1; !ended && at < kNever; ++at) {
      CrashFixture fixture(scenario);
      if (scenario.killed_at) (void)fixture.run_until(*scenario.killed_at, fixture.disk);
      MutatingDisk mutating(fixture.disk, mutation, nth);
      const auto outcome = fixture.run_until(at, mutating);
      ended = outcome.has_value();
      ++tally.cuts;
      ++tally.runs;
      // A run that finds a complete identity writes nothing, so after a kill that identity may not be durable yet; then
      // the next run completes it.
      const bool finished =
          ended && (outcome->kind == OutcomeKind::kProvisioned || outcome->kind == OutcomeKind::kRotated);
      const std::string fault = after_cut(fixture, survival, finished, tally);
      if (fault.empty()) continue;
      tally.violations.push_back(scenario.name + ", cut before operation " + std::to_string(at) + ", names " +
                                 std::to_string(static_cast<int>(survival.names)) + ", data " +
                                 std::to_string(static_cast<int>(survival.data)) + ": " + fault);
      if (first_only) return tally;
    }
  }
  return tally;
}

std::vector<std::string> syncs_of(const Scenario& scenario) {
  CrashFixture fixture(scenario);
  if (scenario.killed_at) (void)fixture.run_until(*scenario.killed_at, fixture.disk);
  MutatingDisk disk(fixture.disk, Mutation::kNone);
  (void)fixture.run(disk);
  return disk.syncs;
}

unsigned operations_of(const Scenario& scenario) {
  CrashFixture fixture(scenario);
  (void)fixture.run_until(kNever, fixture.disk);
  return fixture.operations_seen;
}

}  // namespace fleet_provision::crash
