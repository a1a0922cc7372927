// The outcome of a command: the value that the report prints and that decides the exit code.
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

/// With kFailed `error` is set, and `identity` if one was found.
struct Outcome {
  OutcomeKind kind = OutcomeKind::kFailed;
  std::optional<Identity> identity;
  std::optional<Error> error;
  std::optional<ConnectionFacts> connection;
  /// The number of started connections and of sent create requests.
  unsigned attempts = 0;
  unsigned certificates_requested = 0;
  /// The run resumed from a milestone of an earlier one.
  bool resumed = false;
  /// Set only by the command `check`.
  std::vector<Check> checks;
};

}  // namespace fleet_provision
