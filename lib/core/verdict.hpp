// Determines how a run continues after a failure: one table for errors, one rule for the service's error documents
// (docs/service.md, "Denials and rejections").
#pragma once

#include <optional>

#include "core/error.hpp"
#include "core/milestones.hpp"

namespace fleet_provision {

enum class Verdict : unsigned char {
  /// Connect again after a wait.
  kRetry,
  /// Connect again at once with MQTT 3.1.1.
  kOlderMqtt,
  /// The service rejected the token: discard it with its certificate and request another certificate on the same
  /// connection.
  kAskAgain,
  kGiveUp,
};

/// `reached` is the milestone whose step failed.
[[nodiscard]] Verdict verdict(ErrorKind kind, Milestone reached);

/// The kind of an error document; nothing for 202, which means that the response is still to come.
[[nodiscard]] std::optional<ErrorKind> classify(const ServiceError& error);

/// A close this soon after our packet may be a denial (MQTT 3.1.1 has no reason codes for it).
inline constexpr std::chrono::milliseconds kDenialWithin{2'000};
/// If the server closes the connection in the same step this many times in succession, it has refused the step.
inline constexpr unsigned kClosesOfRefusal = 3;

/// The error that repeated closes in `step` indicate; nothing if they indicate no cause.
[[nodiscard]] std::optional<ErrorKind> refusal_of(Phase step);

}  // namespace fleet_provision
