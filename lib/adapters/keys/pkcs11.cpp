#include "adapters/keys/pkcs11.hpp"

namespace fleet_provision {

struct Pkcs11::State {
  KeyDeviceSettings settings;
};

namespace {
Failure no_token_yet() {
  return fail(ErrorKind::kInternal, "tokens are not supported yet");
}
}  // namespace

Pkcs11::Pkcs11(KeyDeviceSettings settings) : state_(std::make_shared<State>(State{std::move(settings)})) {}
Pkcs11::~Pkcs11() = default;
Result<std::string> Pkcs11::find_token(const std::string& /*uri*/) {
  return no_token_yet();
}
Result<std::string> Pkcs11::log_in(const std::string& /*uri*/) {
  return no_token_yet();
}
Result<void> Pkcs11::require_type(const std::string& /*uri*/, KeyType /*type*/) {
  return no_token_yet();
}
Result<DeviceSigner> Pkcs11::open(const std::string& /*uri*/, const std::string& /*name*/) {
  return no_token_yet();
}
Result<std::string> Pkcs11::plan(const std::string& /*store*/, const std::string& /*id*/,
                                 const std::vector<KeyLocation>& /*own*/) {
  return no_token_yet();
}
Result<DeviceSigner> Pkcs11::find_or_make(const std::string& /*uri*/, KeyType /*type*/) {
  return no_token_yet();
}
Result<void> Pkcs11::require_room(const std::string& /*uri*/) {
  return no_token_yet();
}
Result<void> Pkcs11::destroy(const std::string& /*uri*/) {
  return no_token_yet();
}

}  // namespace fleet_provision
