// What a failure means for the run: one table for errors, one rule for the service's error documents (docs/service.md,
// "Denials and rejections").
#pragma once

#include <optional>

#include "core/error.hpp"
#include "core/milestones.hpp"

namespace fleet_provision {

enum class Verdict : unsigned char {
  /// Another connection, after a wait.
  kRetry,
  /// Another connection at once, speaking MQTT 3.1.1.
  kOlderMqtt,
  /// The token is refused: drop it with its certificate and request another, on the same connection.
  kAskAgain,
  kGiveUp,
};

/// `reached` is the milestone whose step failed.
[[nodiscard]] Verdict verdict(ErrorKind kind, Milestone reached);

/// The kind of an error document; nothing for 202, which means that the response is still to come.
[[nodiscard]] std::optional<ErrorKind> classify(const ServiceError& error);

/// A close this soon after our packet may be a denial (MQTT 3.1.1 has no reason codes for it).
inline constexpr std::chrono::milliseconds kDenialWithin{2'000};
/// The same step closed this many times in succession is a refusal.
inline constexpr unsigned kClosesOfRefusal = 3;

/// The refusal that repeated closes in `step` amount to; nothing where closes do not tell.
[[nodiscard]] std::optional<ErrorKind> refusal_of(Phase step);

}  // namespace fleet_provision
