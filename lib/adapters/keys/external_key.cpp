#include "adapters/keys/external_key.hpp"

#include <utility>

namespace fleet_provision {

void SignatureFailure::set(Error error) {
  const Lock lock(mutex_);
  error_ = std::move(error);
}

std::optional<Error> SignatureFailure::take() {
  const Lock lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

Result<LoadedKey> make_external_key(const DeviceSigner& /*device*/) {
  return fail(ErrorKind::kInternal, "keys in devices are not supported yet");
}

Result<void> prove_external_key(const LoadedKey& /*key*/) {
  return fail(ErrorKind::kInternal, "keys in devices are not supported yet");
}

}  // namespace fleet_provision
