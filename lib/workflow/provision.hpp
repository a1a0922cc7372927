// The whole job: from a Plan to an identity in the state directory, over ports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/identity.hpp"
#include "core/plan.hpp"
#include "ports/clock.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"
#include "ports/outside.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

/// What the workflow acts through; all outlive the call.
struct Ports {
  Transport& transport;
  Keysmith& keysmith;
  Disk& disk;
  Clock& clock;
  Observer& observer;
  /// Needed for --remove-claim and --on-success only.
  Outside* outside = nullptr;
};

enum class OutcomeKind : unsigned char { kProvisioned, kAlreadyProvisioned, kVerified, kRotated, kChecked, kFailed };

enum class CheckResult : unsigned char { kOk, kWarning, kFailed, kSkipped };

/// One finding of the command `check`.
struct Check {
  std::string name;
  CheckResult result = CheckResult::kOk;
  std::string message;
  std::string hint;
  double duration_ms = 0;
};

/// What a run came to. With kFailed `error` is set and `identity` is what was found, if anything.
struct Outcome {
  OutcomeKind kind = OutcomeKind::kFailed;
  std::optional<Identity> identity;
  std::optional<Error> error;
  std::optional<ConnectionFacts> connection;
  /// Connections begun, create requests sent.
  unsigned attempts = 0;
  unsigned certificates_requested = 0;
  /// The run went on from a milestone of an earlier one.
  bool resumed = false;
  /// Of the command `check` alone.
  std::vector<Check> checks;
};

/// Gives this gateway its identity, or finds that it has it, and does what is asked for besides: the proof, the end of
/// the claim, the user's program. Ends by `plan.timeout` after its call (`plan.splay` and the program have their own
/// time), whatever happens; what was reached stays in `pending/` for the next run.
[[nodiscard]] Outcome provision(const Plan& plan, const Ports& ports);

}  // namespace fleet_provision
