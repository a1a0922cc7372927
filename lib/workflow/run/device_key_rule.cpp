#include "workflow/run/device_key_rule.hpp"

#include "core/text.hpp"

namespace fleet_provision {

Result<void> not_the_claims_key(const Plan& plan, const std::string& public_key_sha256, const std::string& claims) {
  if (claims.empty() || public_key_sha256 != claims) return {};
  constexpr const char* kWhy = "; every gateway of this claim would have the same key";
  if (const auto* csr = std::get_if<ExistingCsr>(&plan.key_source)) {
    return fail(ErrorKind::kDeviceKeyIsClaimKey,
                "the CSR " + printable(csr->file) + " was made with the claim's own key" + kWhy,
                "create the CSR with a key that only this gateway has");
  }
  const auto* key = std::get_if<ExistingKey>(&plan.key_source);
  return fail(ErrorKind::kDeviceKeyIsClaimKey,
              "the device key " + (key != nullptr ? printable(key->reference) : "") + " is the claim's own key" + kWhy,
              "omit --key to generate a new key, or give a key that only this gateway has");
}

Error registered_with_claims_key() {
  Error error;
  error.kind = ErrorKind::kDeviceKeyIsClaimKey;
  error.message =
      "an unfinished run has registered this gateway with the claim's own key, which all gateways of the claim share";
  error.hint =
      "discard the unfinished run with --force; a new key is generated unless --key or --csr gives another one";
  return error;
}

}  // namespace fleet_provision
