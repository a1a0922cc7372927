// The order of a run, the same for `provision` and `rotate`, which differ in `begin` and in the requester:
//
//   begin         lock the state directory, finish an interrupted commit, determine the requester
//   resume        continue an unfinished run, as far as it matches the plan
//   enrolment     a connection for each attempt, until the identity is installed
//   post-install  the proof, the removal of the claim, the user's program
//
// Vault makes data durable, Retry decides about further attempts, and Steps implements the milestones.
#pragma once

#include <optional>

#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// The part of a run that `provision` and `rotate` implement differently.
class RunStart {
 public:
  RunStart() = default;
  RunStart(const RunStart&) = delete;
  RunStart& operator=(const RunStart&) = delete;
  virtual ~RunStart() = default;

  /// Opens `context.vault` if there is work to do. Returns the requester of the certificate, or nothing if the identity
  /// is installed already; then `kind` and `identity` of `context.outcome` are set.
  [[nodiscard]] virtual Result<std::optional<Requester>> begin(RunContext& context) = 0;
};

/// kProvisioned, kRotated or the kind that `start` has set; kFailed with the error.
[[nodiscard]] Outcome drive(RunContext& context, RunStart& start);

}  // namespace fleet_provision
