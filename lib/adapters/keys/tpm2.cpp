#include "adapters/keys/tpm2.hpp"

namespace fleet_provision {

struct Tpm2::State {
  KeyDeviceSettings settings;
};

namespace {
Failure no_tpm_yet() {
  return fail(ErrorKind::kInternal, "the TPM is not supported yet");
}
}  // namespace

Tpm2::Tpm2(KeyDeviceSettings settings) : state_(std::make_shared<State>(State{std::move(settings)})) {}
Tpm2::~Tpm2() = default;
Result<std::string> Tpm2::connect() {
  return no_tpm_yet();
}
Result<void> Tpm2::require_type(KeyType /*type*/) {
  return no_tpm_yet();
}
Result<Secret> Tpm2::make_key(KeyType /*type*/) {
  return no_tpm_yet();
}
Result<DeviceSigner> Tpm2::open_wrapped(std::string_view /*pem*/, const std::string& /*name*/) {
  return no_tpm_yet();
}
Result<DeviceSigner> Tpm2::open_handle(std::uint32_t /*handle*/, const std::string& /*name*/) {
  return no_tpm_yet();
}
Result<void> Tpm2::require_free(std::uint32_t /*handle*/) {
  return no_tpm_yet();
}
Result<void> Tpm2::persist(std::string_view /*pem*/, std::uint32_t /*handle*/) {
  return no_tpm_yet();
}
Result<void> Tpm2::evict(std::uint32_t /*handle*/, const std::string& /*public_key_sha256*/) {
  return no_tpm_yet();
}

}  // namespace fleet_provision
