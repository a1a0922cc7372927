// What the keys of one run share: its TPM, its deadline, its secrets, and what the TPM refused.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "adapters/keys/device/device_call.hpp"
#include "adapters/keys/device/device_settings.hpp"
#include "adapters/keys/tpm2/tpm2_connection.hpp"
#include "adapters/keys/tpm2/tpm2_keys.hpp"
#include "adapters/system/resources.hpp"
#include "core/mutex.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// May be used from several threads.
class TpmSession {
 public:
  explicit TpmSession(KeyDeviceSettings settings);

  /// The result of `work(connection)`, which gets a shared pointer to the TPM and must own all else that it uses.
  /// kTpmBusy if the TPM has not answered at the deadline; errors of TpmAccess::connection.
  template <class Value, class Work>
  [[nodiscard]] Result<Value> run(Work work);

  [[nodiscard]] bool has_pin() const { return settings_.pin_file.has_value(); }
  /// The PIN, of at most `limit` bytes; empty without a PIN file. kPinWrong, and errors of read_secret_file.
  [[nodiscard]] Result<Secret> pin(std::size_t limit);
  /// Errors as for `pin`.
  [[nodiscard]] Result<OwnerSecret> owner();

  /// The error with which the TPM refused a secret before, which is never sent twice.
  [[nodiscard]] std::optional<Error> refusal(const std::string& secret);
  void remember(const std::string& secret, const Error& refusal);

 private:
  [[nodiscard]] Error no_answer() const;

  const KeyDeviceSettings settings_;
  const std::shared_ptr<TpmAccess> access_;
  Mutex mutex_;
  // A file may be a pipe, which can be read only once.
  std::optional<Secret> pin_ FP_GUARDED_BY(mutex_);
  std::optional<Secret> owner_password_ FP_GUARDED_BY(mutex_);
  std::map<std::string, Error> refusals_ FP_GUARDED_BY(mutex_);
};

template <class Value, class Work>
Result<Value> TpmSession::run(Work work) {
  auto answered =
      call_device(settings_.deadline, [access = access_, work = std::move(work)]() mutable -> Result<Value> {
        try {
          const Lock lock(access->mutex);
          FP_TRY_ASSIGN(const std::shared_ptr<TpmConnection> connection, access->connection());
          return work(connection);
        } catch (...) {
          return fail(error_of_exception("cannot use the TPM"));
        }
      });
  if (!answered) return fail(std::move(answered).error());
  if (!*answered) return fail(no_answer());
  return std::move(**answered);
}

}  // namespace fleet_provision
