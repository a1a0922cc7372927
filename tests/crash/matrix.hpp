// A power cut before every operation, and the invariants that must hold after each.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "tests/crash/mutating_disk.hpp"
#include "tests/fakes/fake_disk.hpp"

namespace fleet_provision::crash {

struct Scenario {
  std::string name;
  Method method = Method::kCsr;
  /// The run is `--force` over a finished identity.
  bool force = false;
  bool can_exchange = true;
  unsigned tokens_to_refuse = 0;
  /// The process is killed before this operation, which loses no data, and the power is cut in the next run.
  std::optional<unsigned> killed_at = {};
  /// The run has --verify, --on-success and --owner.
  bool with_post_install = false;
  /// The run is `rotate` over a finished identity.
  bool rotate = false;
  /// Where keys are made. A handle is that of the first key; each later identity has the next one.
  KeyStore store = FileStore{};
  /// Two identities exist before the run, so that it displaces previous/.
  bool has_previous = false;
  /// The store of the runs after the kill or the cut, whose options differ then.
  std::optional<KeyStore> later_store = {};
  /// The runs after the cut have the first options again.
  bool reverts = false;

  /// Whether an identity exists before the run.
  [[nodiscard]] bool replaces() const { return force || rotate; }
};

struct Tally {
  unsigned cuts = 0;
  unsigned runs = 0;
  /// The cuts whose world no cut before had left.
  unsigned worlds = 0;
  /// The violated invariants, each with its scenario and operation; empty if all hold.
  std::vector<std::string> violations;
};

/// The worlds after a power cut whose later runs were tried and are well: the disk, the service, the keys and the clock
/// as text. Runs are deterministic, so the same world has the same end.
using Worlds = std::set<std::string>;

/// Tries every power cut of the scenario with each of the survivals. The mutation applies to the run that is cut, not
/// to later runs. With `first_only` it stops at the first violation. `tried` may be kept for other mutations, and
/// for scenarios that differ only in `killed_at`.
[[nodiscard]] Tally run_matrix(const Scenario& scenario, const std::vector<fakes::Survival>& survivals,
                               Mutation mutation, unsigned nth, bool first_only, Worlds& tried);
[[nodiscard]] Tally run_matrix(const Scenario& scenario, const std::vector<fakes::Survival>& survivals,
                               Mutation mutation = Mutation::kNone, unsigned nth = 0, bool first_only = false);

/// The syncs of one undisturbed run of the scenario.
[[nodiscard]] std::vector<std::string> syncs_of(const Scenario& scenario);
/// The number of operations of one undisturbed run of the scenario.
[[nodiscard]] unsigned operations_of(const Scenario& scenario);

}  // namespace fleet_provision::crash
