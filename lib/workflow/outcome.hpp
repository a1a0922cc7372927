// What a command of the workflow came to: the value that the report prints and the exit code follows from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/identity.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

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

}  // namespace fleet_provision
