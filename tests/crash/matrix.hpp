// A power cut before every operation, and what must hold after each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "tests/crash/mutating_disk.hpp"
#include "tests/fakes/fake_disk.hpp"

namespace fleet_provision::crash {

struct Scenario {
  std::string name;
  Method method = Method::kCsr;
  /// `--force` over a finished identity.
  bool force = false;
  bool can_exchange = true;
  unsigned tokens_to_refuse = 0;
  /// The process is killed before this operation, without a loss, and the power is cut in the run after it.
  std::optional<unsigned> killed_at;
  /// With --verify, --on-success and --owner.
  bool with_post_install = false;
  /// `rotate` over a finished identity.
  bool rotate = false;

  /// There is an identity before the run.
  [[nodiscard]] bool replaces() const { return force || rotate; }
};

struct Tally {
  unsigned cuts = 0;
  unsigned runs = 0;
  /// What did not hold, with the place; empty when all is well.
  std::vector<std::string> violations;
};

/// Every cut of the scenario, with each of the survivals. The mutation is in the run that is cut, not in those after.
/// Stops at the first violation when `first_only`.
[[nodiscard]] Tally run_matrix(const Scenario& scenario, const std::vector<fakes::Survival>& survivals,
                               Mutation mutation = Mutation::kNone, unsigned nth = 0, bool first_only = false);

/// The syncs of one run of the scenario that nothing disturbs.
[[nodiscard]] std::vector<std::string> syncs_of(const Scenario& scenario);
/// The operations of one run of the scenario that nothing disturbs.
[[nodiscard]] unsigned operations_of(const Scenario& scenario);

}  // namespace fleet_provision::crash
