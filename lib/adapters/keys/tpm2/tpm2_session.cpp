#include "adapters/keys/tpm2/tpm2_session.hpp"

#include <cstdlib>

#include "adapters/keys/device/secret_file.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// TPM2B_AUTH has room for the longest digest of a TPM.
constexpr std::size_t kOwnerPasswordMax = 64;

Result<Secret> read_bounded(const std::string& file, const std::string& what, std::size_t limit) {
  FP_TRY_ASSIGN(Secret text, read_secret_file(file, what + " file", ErrorKind::kPinWrong));
  if (text.size() <= limit) return text;
  return fail(ErrorKind::kPinWrong,
              "the " + what + " file " + printable(file) + " holds " + std::to_string(text.size()) +
                  " bytes; the TPM takes at most " + std::to_string(limit),
              "give a file that holds the " + what + " and nothing else but a final newline");
}

}  // namespace

TpmSession::TpmSession(KeyDeviceSettings settings)
    : settings_(std::move(settings)), access_(tpm_access(settings_.tcti)) {
  // tpm2-tss otherwise writes to stderr. It reads the variable when it is loaded. A program with threads that read the
  // environment sets it before it starts them; then this call changes nothing.
  ::setenv("TSS2_LOG", "all+NONE", 0);
}

Result<Secret> TpmSession::pin(std::size_t limit) {
  const Lock lock(mutex_);
  if (!settings_.pin_file) return Secret();
  if (!pin_) {
    FP_TRY_ASSIGN(pin_, read_bounded(*settings_.pin_file, "PIN", limit));
  }
  return pin_->duplicate();
}

Result<OwnerSecret> TpmSession::owner() {
  const Lock lock(mutex_);
  OwnerSecret owner;
  if (!settings_.tpm_owner_password_file) return owner;
  if (!owner_password_) {
    FP_TRY_ASSIGN(owner_password_,
                  read_bounded(*settings_.tpm_owner_password_file, "TPM owner password", kOwnerPasswordMax));
  }
  owner.password = owner_password_->duplicate();
  owner.given = true;
  return owner;
}

std::optional<Error> TpmSession::refusal(const std::string& secret) {
  const Lock lock(mutex_);
  const auto found = refusals_.find(secret);
  if (found == refusals_.end()) return std::nullopt;
  return found->second;
}

void TpmSession::remember(const std::string& secret, const Error& refusal) {
  const Lock lock(mutex_);
  refusals_.emplace(secret, refusal);
}

Error TpmSession::no_answer() const {
  Error error;
  error.kind = ErrorKind::kTpmBusy;
  error.message = "the TPM " + printable(access_->tcti) + " did not answer before --timeout expired";
  error.hint = "end programs that keep the TPM busy, or restart the gateway, then rerun the same command";
  return error;
}

}  // namespace fleet_provision
