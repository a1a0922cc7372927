#include "adapters/keys/tpm2/tpm2_signer.hpp"

#include <utility>
#include <vector>

namespace fleet_provision {
namespace {

/// The longest authorization value of any key.
constexpr std::size_t kPinMax = 64;
/// The name of the PIN among the refused secrets: one file holds it for all keys.
constexpr const char* kPinSecret = "pin";
constexpr std::string_view kResetLockout = "tpm2_dictionarylockout --clear-lockout";

bool is_refusal(TSS2_RC code) {
  const std::uint32_t base = tpm_base_code(code);
  return base == kTpmRcAuthFail || base == kTpmRcBadAuth;
}

/// One signature as a call that owns what it needs.
struct Signing {
  std::shared_ptr<const TpmKey> key;
  SignatureScheme scheme = SignatureScheme::kEcdsa;
  HashAlgorithm hash = HashAlgorithm::kSha256;
  std::vector<unsigned char> digest;
  Secret pin;
  bool pin_given = false;
  /// The TPM accepted the same authorization value before.
  bool proved = false;
  OwnerSecret owner;

  Result<std::string> operator()(TpmConnection& tpm);
};

/// Keeps a wrong authorization value from locking the TPM: kTpmLockout if one more would, after others had failed.
Result<void> require_tries(TpmConnection& tpm, const std::string& subject) {
  FP_TRY_ASSIGN(const TpmLockoutFacts facts, tpm.lockout_facts());
  if (facts.failed_tries == 0 || facts.failed_tries >= facts.tries_max) return {};  // fine, or the TPM says it itself
  if (facts.failed_tries + 1 < facts.tries_max) return {};
  return fail(ErrorKind::kTpmLockout,
              subject + ": the PIN was not sent, because one more wrong PIN would lock the TPM (" +
                  std::to_string(facts.failed_tries) + " of " + std::to_string(facts.tries_max) + " tries failed)",
              "wait " + std::to_string(facts.interval) +
                  " s, after which the TPM forgets one failed try, or reset it: " + std::string(kResetLockout));
}

Result<std::string> Signing::operator()(TpmConnection& tpm) {
  FP_TRY_ASSIGN(const ESYS_TR object, object_of(tpm, *key, owner));
  const bool never_locked = key->area.never_locked();
  const bool sure = proved || (key->wrapped && key->wrapped->empty_auth);
  if (!never_locked && !sure) FP_TRY(require_tries(tpm, key->subject));
  const SignatureRequest request{scheme, hash, digest};
  std::string signature;
  TSS2_RC code = sign_with(tpm, object, key->area, request, pin, signature);
  // The PIN may be that of another key. Another try costs nothing here.
  if (is_refusal(code) && never_locked && !pin.empty()) {
    code = sign_with(tpm, object, key->area, request, Secret(), signature);
  }
  if (code == TSS2_RC_SUCCESS) return signature;
  Error error = tpm_error(code, {TpmUse::kSign, key->subject, pin_given});
  if (never_locked && error.kind == ErrorKind::kPinWrong) return fail(std::move(error));
  return fail(with_lockout_facts(tpm, std::move(error)));
}

class TpmSigner : public ExternalSigner {
 public:
  TpmSigner(std::shared_ptr<TpmSession> session, std::shared_ptr<TpmConnection> connection,
            std::shared_ptr<const TpmKey> key)
      : session_(std::move(session)), connection_(std::move(connection)), key_(std::move(key)) {}

  Result<std::string> sign(const SignatureRequest& request) override {
    Signing signing;
    signing.key = key_;
    signing.scheme = request.scheme;
    signing.hash = request.hash;
    signing.digest.assign(request.digest.begin(), request.digest.end());
    const bool needs_secret = !key_->wrapped || !key_->wrapped->empty_auth;
    signing.pin_given = needs_secret && session_->has_pin();
    const std::string secret = signing.pin_given ? kPinSecret : key_->subject;
    // Held throughout, so that two threads cannot send the same wrong PIN.
    const Lock lock(mutex_);
    if (auto refused = session_->refusal(secret)) return fail(std::move(*refused));
    if (signing.pin_given) {
      FP_TRY_ASSIGN(signing.pin, session_->pin(kPinMax));
    }
    FP_TRY_ASSIGN(signing.owner, session_->owner());
    signing.proved = proved_;
    auto signature = session_->run<std::string>(
        [signing = std::move(signing)](const std::shared_ptr<TpmConnection>& tpm) mutable { return signing(*tpm); });
    proved_ = proved_ || signature.has_value();
    if (!signature &&
        (signature.error().kind == ErrorKind::kPinWrong || signature.error().kind == ErrorKind::kPinRequired)) {
      session_->remember(secret, signature.error());
    }
    return signature;
  }

 private:
  const std::shared_ptr<TpmSession> session_;
  const std::shared_ptr<TpmConnection> connection_;
  const std::shared_ptr<const TpmKey> key_;
  Mutex mutex_;
  bool proved_ FP_GUARDED_BY(mutex_) = false;
};

}  // namespace

Result<ESYS_TR> object_of(TpmConnection& tpm, const TpmKey& key, const OwnerSecret& owner) {
  if (key.wrapped) return load_key(tpm, *key.wrapped, owner, key.subject);
  ESYS_TR object = ESYS_TR_NONE;
  const TSS2_RC code = tpm.find(key.handle, object);
  if (code != TSS2_RC_SUCCESS) return fail(tpm_error(code, {TpmUse::kHandle, key.subject}));
  return object;
}

std::shared_ptr<ExternalSigner> make_tpm_signer(std::shared_ptr<TpmSession> session,
                                                std::shared_ptr<TpmConnection> connection,
                                                std::shared_ptr<const TpmKey> key) {
  return std::make_shared<TpmSigner>(std::move(session), std::move(connection), std::move(key));
}

Error with_lockout_facts(TpmConnection& tpm, Error error) {
  if (error.kind != ErrorKind::kTpmLockout && error.kind != ErrorKind::kPinWrong) return error;
  const auto facts = tpm.lockout_facts();
  if (!facts) return error;
  if (error.kind == ErrorKind::kTpmLockout) {
    error.hint = "wait " + std::to_string(facts->interval) +
                 " s, after which the TPM allows another try, or reset it: " + std::string(kResetLockout);
  } else if (facts->tries_max > facts->failed_tries) {
    const std::uint32_t left = facts->tries_max - facts->failed_tries;
    error.message += left == 1 ? "; one try is left before the TPM locks"
                               : "; " + std::to_string(left) + " tries are left before the TPM locks";
  } else {
    error.message += "; the TPM is now locked";
  }
  return error;
}

}  // namespace fleet_provision
