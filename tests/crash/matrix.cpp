#include "tests/crash/matrix.hpp"

#include <algorithm>
#include <memory>
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
#include "workflow/state/vault.hpp"

namespace fleet_provision::crash {
namespace {

using fakes::PowerCut;
using fakes::Survival;

constexpr unsigned kNever = 1'000'000;

struct CrashFixture {
  explicit CrashFixture(Scenario made_for) : scenario(std::move(made_for)) {
    plan.method = scenario.method;
    disk.can_exchange = scenario.can_exchange;
    use_store(scenario.store);
    const unsigned old_identities = scenario.replaces() ? (scenario.has_previous ? 2 : 1) : 0;
    for (unsigned n = 0; n < old_identities; ++n) {
      Disk& plain = disk;
      before_the_run = before_the_run && run(plain).kind != OutcomeKind::kFailed;
      disk.release_lock();
      disk.cut({Survival::Names::kKept, Survival::Data::kKept});
      plan.force = scenario.force;
      rotating = scenario.rotate;
      old_certificates = static_cast<unsigned>(service.certificates.size());
      old_keys = keysmith.keys_made;
      use_next_handle();
    }
    service.tokens_to_refuse = scenario.tokens_to_refuse;
    if (scenario.with_post_install) {
      plan.verify = true;
      plan.on_success = "/usr/bin/hook";
      plan.owner = Owner{1000, 1000};
    }
  }

  void use_store(const KeyStore& store) { plan.key_source = MakeKey{KeyType::kEcP256, store}; }

  /// A handle holds one key for as long as an identity needs it.
  void use_next_handle() {
    KeyStore store = std::get<MakeKey>(plan.key_source).store;
    auto* tpm = std::get_if<TpmStore>(&store);
    if (tpm == nullptr || !tpm->handle) return;
    while (keysmith.devices.handles.count(*tpm->handle) != 0) ++*tpm->handle;
    use_store(store);
  }

  /// What is registered is discarded only with --force.
  void change_options() {
    if (!scenario.later_store) return;
    plan.force = true;
    use_store(*scenario.later_store);
    use_next_handle();
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
    keysmith.devices.around = tick;
    std::optional<Outcome> outcome;
    try {
      outcome = run(through);
    } catch (const PowerCut&) {
    }
    disk.before = nullptr;
    transport.around_publish = nullptr;
    host_system.around = nullptr;
    keysmith.devices.around = nullptr;
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
  unsigned old_keys = 0;
  /// Whether the runs before succeeded.
  bool before_the_run = true;
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
  if (has_key_file(**identity) && fixture.disk.mode("identity/private-key.pem") != 0600U) {
    return "the key is not private";
  }
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
  const unsigned old = std::max(fixture.old_keys, 1U);
  const bool twice = fixture.scenario.replaces() && fixture.scenario.killed_at && fixture.keysmith.keys_made > old + 1;
  const unsigned first = twice ? old + 1 : old;
  for (unsigned n = first; n <= fixture.keysmith.made.size(); ++n) {
    const auto& key = fixture.keysmith.made[n - 1];
    const bool sent = fixture.service.csr_keys.count(key.public_key_sha256) != 0;
    const bool on_disk = !key.pem.empty() && fixture.disk.holds(key.pem);
    if (sent && !on_disk && !fixture.keysmith.devices.holds(key.public_key_sha256)) {
      return "key " + std::to_string(n) + " was sent and is lost";
    }
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

/// The public keys that the state directory names: of its identities, and with `in_progress` of the unfinished run.
std::set<std::string> known_keys(CrashFixture& fixture, bool in_progress) {
  std::set<std::string> known;
  for (const char* directory : {kIdentityDirectory, kPreviousDirectory, kPendingDirectory}) {
    const auto facts = read_certificate_of(fixture.disk, fixture.keysmith, directory);
    if (facts && *facts) known.insert((*facts)->public_key_sha256);
  }
  fakes::RunRecorder observer;
  const auto journal = Vault(fixture.disk, fixture.keysmith, observer).peek();
  const auto key = journal && *journal && in_progress ? left_in_hardware((*journal)->progress) : std::nullopt;
  if (!key) return known;
  const auto named = fixture.keysmith.open_key(text_of(key->location));
  if (named) known.insert(named->public_key_sha256);
  return known;
}

/// A key in the token or at a handle that nothing on the disk names, so that no later run could find it; empty if there
/// is none.
std::string left_behind(CrashFixture& fixture, bool in_progress) {
  const fakes::FakeKeyDevices& devices = fixture.keysmith.devices;
  if (devices.token.empty() && devices.handles.empty()) return "";
  const std::set<std::string> known = known_keys(fixture, in_progress);
  for (const auto& [id, key] : devices.token) {
    if (known.count(key.public_key_sha256) == 0) return "the key " + key.label + " is left behind in the token";
  }
  for (const auto& [handle, public_key] : devices.handles) {
    if (known.count(public_key) == 0) return "the key at " + text_of(TpmHandle{handle}) + " is left behind";
  }
  return "";
}

/// The key of identity/ exists where identity.json says, and is certified.
std::string key_fault(CrashFixture& fixture, const Identity& identity) {
  const auto facts = read_certificate_of(fixture.disk, fixture.keysmith, kIdentityDirectory);
  if (!facts || !*facts) return "the certificate cannot be read";
  if (!identity.key_made_here && identity.method == Method::kCsr) return "the identity does not know who made its key";
  if (!is_in_hardware(identity.key)) return "";
  const auto key = fixture.keysmith.open_key(text_of(identity.key));
  if (!fixture.keysmith.devices.holds((*facts)->public_key_sha256)) return "the key of the identity is gone";
  return key && key->public_key_sha256 == (*facts)->public_key_sha256 ? "" : "identity.json names another key";
}

std::string final_fault(CrashFixture& fixture, const Outcome& outcome) {
  std::string fault = identity_fault(fixture, false);
  if (fault.empty()) fault = left_behind(fixture, false);
  if (!fault.empty()) return fault;
  const auto identity = read_identity_in(fixture.disk, fixture.keysmith, kIdentityDirectory);
  fault = key_fault(fixture, **identity);
  if (!fault.empty()) return fault;
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
    if (outcome.error->kind == ErrorKind::kTpmHandleOccupied) {
      // The interrupted run has installed its identity, and this one replaces it once more.
      const auto identity = recorded_identity(fixture.disk, kIdentityDirectory);
      if (!fixture.scenario.replaces() || !identity || !is_in_hardware(identity->key)) return outcome.error->message;
      fixture.use_next_handle();
      continue;
    }
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
  // A run with other options discards what was sent.
  if (fault.empty() && !fixture.scenario.later_store) fault = loss(fixture);
  if (fault.empty()) fault = left_behind(fixture, true);
  if (!fault.empty()) return fault;
  if (fixture.scenario.reverts) {
    fixture.use_store(fixture.scenario.store);
  } else {
    fixture.change_options();
  }
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

/// What the runs after the cut can depend on. `disk` has been cut.
std::string world_of(CrashFixture& fixture, const fakes::FakeDisk& disk, bool told_finished) {
  std::string world = disk.state() + (told_finished ? "\nfinished" : "\nunfinished");
  for (const auto& each : fixture.service.certificates) {
    world += "\n" + each.pem + each.public_key_sha256 + each.private_key + each.token;
    for (const bool fact : {each.token_used, each.token_refused, each.registered, each.register_received}) {
      world += fact ? " yes" : " no";
    }
  }
  for (const auto& key : fixture.service.csr_keys) world += "\nCSR " + key;
  for (const auto& key : fixture.keysmith.made) world += "\nkey " + key.public_key_sha256 + key.pem;
  const auto& devices = fixture.keysmith.devices;
  for (const auto& [id, key] : devices.token) world += "\ntoken " + id + key.label + key.public_key_sha256;
  for (const auto& [handle, key] : devices.handles) world += "\nhandle " + std::to_string(handle) + key;
  for (const auto& call : fixture.host_system.calls) world += "\nprogram " + call.variables.at(1).second;
  return world + "\n" + rfc3339(fixture.clock.wall_now()) + " " + std::to_string(fixture.keysmith.random_drawn());
}

/// A gateway in which the power is about to be cut.
struct Cut {
  std::unique_ptr<CrashFixture> fixture;
  /// The run ended before the operation.
  bool ended = false;
  /// It reported that it has installed an identity. A run that finds a complete identity writes nothing, so after a
  /// kill that identity may not be durable yet; then the next run completes it.
  bool told_finished = false;
};

Cut run_until_cut(const Scenario& scenario, unsigned at, Mutation mutation, unsigned nth) {
  Cut cut{std::make_unique<CrashFixture>(scenario)};
  CrashFixture& fixture = *cut.fixture;
  if (scenario.killed_at) (void)fixture.run_until(*scenario.killed_at, fixture.disk);
  if (scenario.killed_at) fixture.change_options();
  MutatingDisk mutating(fixture.disk, mutation, nth);
  const auto outcome = fixture.run_until(at, mutating);
  cut.ended = outcome.has_value();
  cut.told_finished =
      cut.ended && (outcome->kind == OutcomeKind::kProvisioned || outcome->kind == OutcomeKind::kRotated);
  return cut;
}

}  // namespace

Tally run_matrix(const Scenario& scenario, const std::vector<Survival>& survivals, Mutation mutation, unsigned nth,
                 bool first_only, Worlds& tried) {
  Tally tally;
  bool ended = false;
  for (unsigned at = 1; !ended && at < kNever; ++at) {
    Cut cut = run_until_cut(scenario, at, mutation, nth);
    if (!cut.fixture->before_the_run) return {0, 0, 0, {scenario.name + ": a run before failed"}};
    ended = cut.ended;
    for (const Survival& survival : survivals) {
      ++tally.cuts;
      ++tally.runs;
      if (!cut.fixture) cut = run_until_cut(scenario, at, mutation, nth);
      const auto disk = cut.fixture->disk.clone();
      disk->cut(survival);
      const auto [world, is_new] = tried.insert(world_of(*cut.fixture, *disk, cut.told_finished));
      if (!is_new) continue;
      ++tally.worlds;
      const auto fixture = std::move(cut.fixture);
      const std::string fault = after_cut(*fixture, survival, cut.told_finished, tally);
      if (fault.empty()) continue;
      tried.erase(world);
      tally.violations.push_back(scenario.name + ", cut before operation " + std::to_string(at) + ", names " +
                                 std::to_string(static_cast<int>(survival.names)) + ", data " +
                                 std::to_string(static_cast<int>(survival.data)) + ": " + fault);
      if (first_only) return tally;
    }
  }
  return tally;
}

Tally run_matrix(const Scenario& scenario, const std::vector<Survival>& survivals, Mutation mutation, unsigned nth,
                 bool first_only) {
  Worlds tried;
  return run_matrix(scenario, survivals, mutation, nth, first_only, tried);
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
