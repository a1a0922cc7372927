#include "workflow/run/device_key.hpp"

#include <utility>

#include "core/text.hpp"
#include "workflow/run/reconcile.hpp"

namespace fleet_provision {
namespace {

/// Checks that a key or CSR of the user is not the claim's; with `rotate` it may be that of the identity.
Result<void> check_given_key(const Plan& plan, const Requester& requester, const DeviceKey& key, Observer& observer) {
  const std::string& requesting = requester.certificate.public_key_sha256;
  if (!requester.rotated) return require_other_key_than_claim(plan, key.public_key_sha256, requesting);
  if (key.public_key_sha256 == requesting) {
    observer.warned("the current identity already uses this key; only its certificate is replaced");
  }
  return {};
}

/// Sets the location of a CSR's key if the options name it; the key itself is not copied.
Result<void> locate_csr_key(const ExistingCsr& csr, Keysmith& keysmith, DeviceKey& key) {
  if (!csr.key_reference) return {};
  FP_TRY_ASSIGN(const DeviceKey named, keysmith.open_key(*csr.key_reference));
  if (named.public_key_sha256 != key.public_key_sha256) {
    return fail(ErrorKind::kDeviceKeyUnusable,
                "the key " + printable(*csr.key_reference) + " did not sign the CSR " + printable(csr.file),
                "give the key that the CSR was created with");
  }
  if (is_in_hardware(named.location)) key.location = named.location;
  key.type = named.type;
  return {};
}

Result<KeyMade> open_csr(const ExistingCsr& given, Keysmith& keysmith) {
  KeyMade made;
  FP_TRY_ASSIGN(Csr csr, keysmith.open_csr(given.file));
  made.csr_pem = std::move(csr.pem);
  made.key.location = ExternalKey{};
  made.key.public_key_sha256 = std::move(csr.public_key_sha256);
  return made;
}

Result<KeyMade> with_csr(DeviceKey key, const Plan& plan, Keysmith& keysmith) {
  KeyMade made;
  made.key = std::move(key);
  FP_TRY_ASSIGN(Csr csr, keysmith.make_csr(made.key, plan.csr_subject));
  made.csr_pem = std::move(csr.pem);
  made.csr_subject = plan.csr_subject;
  return made;
}

/// One function for each source of keys.
struct FromSource {
  const Plan& plan;
  const Requester& requester;
  Keysmith& keysmith;
  Observer& observer;

  Result<KeyMade> operator()(const MakeKey& make) {
    FP_TRY_ASSIGN(DeviceKey key, keysmith.make_key(make));
    return with_csr(std::move(key), plan, keysmith);
  }
  Result<KeyMade> operator()(const ExistingKey& existing) {
    FP_TRY_ASSIGN(DeviceKey key, keysmith.open_key(existing.reference));
    FP_TRY(check_given_key(plan, requester, key, observer));
    return with_csr(std::move(key), plan, keysmith);
  }
  Result<KeyMade> operator()(const ExistingCsr& existing) {
    FP_TRY_ASSIGN(KeyMade made, open_csr(existing, keysmith));
    FP_TRY(check_given_key(plan, requester, made.key, observer));
    FP_TRY(locate_csr_key(existing, keysmith, made.key));
    return made;
  }
};

}  // namespace

Result<KeyMade> make_or_open_key(const Plan& plan, const Requester& requester, Keysmith& keysmith, Observer& observer) {
  FP_TRY_ASSIGN(KeyMade made, std::visit(FromSource{plan, requester, keysmith, observer}, plan.key_source));
  made.origin = key_origin_of(plan);
  return made;
}

const MakeKey* key_in_token(const Plan& plan) {
  const auto* make = std::get_if<MakeKey>(&plan.key_source);
  const bool in_token = make != nullptr && std::holds_alternative<TokenStore>(make->store);
  return plan.method == Method::kCsr && in_token ? make : nullptr;
}

Result<KeyPlanned> plan_token_key(const Plan& plan, const MakeKey& wanted, const std::vector<KeyLocation>& own,
                                  Keysmith& keysmith) {
  FP_TRY_ASSIGN(KeyLocation location, keysmith.plan_key(wanted, own));
  return KeyPlanned{key_origin_of(plan), std::move(location)};
}

Result<KeyMade> make_token_key(const Plan& plan, const KeyPlanned& planned, const MakeKey& wanted, Keysmith& keysmith) {
  FP_TRY_ASSIGN(DeviceKey key, keysmith.make_planned_key(planned.location, wanted.type));
  FP_TRY_ASSIGN(KeyMade made, with_csr(std::move(key), plan, keysmith));
  made.origin = planned.origin;
  return made;
}

Result<void> require_other_key_than_claim(const Plan& plan, const std::string& public_key_sha256,
                                          const std::string& claim_key_sha256) {
  if (claim_key_sha256.empty() || public_key_sha256 != claim_key_sha256) return {};
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

Failure registered_with_claim_key() {
  return fail(
      ErrorKind::kDeviceKeyIsClaimKey,
      "an unfinished run has registered this gateway with the claim's own key, which all gateways of the claim share",
      "discard the unfinished run with --force; a new key is generated unless --key or --csr gives another one");
}

}  // namespace fleet_provision
