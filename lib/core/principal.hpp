// Whose certificate a connection uses. Messages and hints name that certificate and its policy.
#pragma once

#include <string_view>

namespace fleet_provision {

enum class Principal : unsigned char {
  /// The certificate that gateways share until each has its own identity.
  kClaim,
  /// The certificate that was issued to this gateway: used by `verify` and `rotate`.
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
