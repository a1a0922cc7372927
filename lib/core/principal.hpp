// Whose certificate a connection shows: messages and hints name it, and its policy.
#pragma once

#include <string_view>

namespace fleet_provision {

enum class Principal : unsigned char {
  /// The certificate that gateways share until each has its own.
  kClaim,
  /// The certificate that was issued to this gateway: for `verify`, and for `rotate`, which asks with it.
  kIdentity,
};

/// `the claim certificate` or `the identity's certificate`.
[[nodiscard]] constexpr std::string_view certificate_of(Principal principal) {
  return principal == Principal::kClaim ? "the claim certificate" : "the identity's certificate";
}

/// `the claim's policy` or `the identity's policy`.
[[nodiscard]] constexpr std::string_view policy_of(Principal principal) {
  return principal == Principal::kClaim ? "the claim's policy" : "the identity's policy";
}

}  // namespace fleet_provision
