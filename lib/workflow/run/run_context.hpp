// The objects that all parts of a run share: the plan, the ports, the state directory, the connections and the outcome
// so far.
#pragma once

#include "core/plan.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"
#include "workflow/run/attempts.hpp"
#include "workflow/run/claim_removal.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {

struct RunContext {
  /// The time of the run begins now. Both outlive this object.
  RunContext(const Plan& the_plan, const Ports& the_ports)
      : plan(the_plan),
        ports(the_ports),
        vault(ports.disk, ports.keysmith, ports.observer, {plan.owner, plan.on_success.has_value()}),
        attempts(plan, ports, outcome),
        claim_removal(plan, ports) {}
  RunContext(const RunContext&) = delete;
  RunContext& operator=(const RunContext&) = delete;

  const Plan& plan;
  const Ports& ports;
  Outcome outcome;
  Vault vault;
  Attempts attempts;
  ClaimRemoval claim_removal;
};

}  // namespace fleet_provision
