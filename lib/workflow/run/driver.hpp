// The order of a run, the same for `provision` and `rotate`, which differ in how it begins and who requests:
//
//   begin         lock the state directory, finish a commit that was cut off, find out who requests what
//   resume        what an unfinished run left, as far as it fits
//   enrolment     a connection for each attempt, until the identity is installed
//   post-install  the proof, the removal of the claim, the user's program
//
// What is durable is the vault's; whether to try again is Retry's; the milestones are in Steps.
#pragma once

#include <optional>

#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"

namespace fleet_provision {

/// How a command begins.
class RunStart {
 public:
  RunStart() = default;
  RunStart(const RunStart&) = delete;
  RunStart& operator=(const RunStart&) = delete;
  virtual ~RunStart() = default;

  /// Opens `context.vault` where something is to be done. Gives who requests a certificate; nothing where the identity
  /// is installed already, and then `context.outcome` has its `kind` and `identity`.
  [[nodiscard]] virtual Result<std::optional<Requester>> begin(RunContext& context) = 0;
};

/// kProvisioned, kRotated or what `start` found; kFailed with the error.
[[nodiscard]] Outcome drive(RunContext& context, RunStart& start);

}  // namespace fleet_provision
