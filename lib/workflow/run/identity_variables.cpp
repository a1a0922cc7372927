#include "workflow/run/identity_variables.hpp"

#include "workflow/state/identity_files.hpp"

namespace fleet_provision {

std::vector<std::pair<std::string, std::string>> identity_variables(const Identity& identity,
                                                                    const std::string& state_dir) {
  const std::string name = "FLEET_PROVISIONED_";
  const auto file = [&state_dir](const char* each) {
    return (state_dir == "/" ? "" : state_dir) + "/" + path_in(kIdentityDirectory, each);
  };
  return {{name + "THING_NAME", identity.thing_name.value_or("")},
          {name + "CERTIFICATE_ID", identity.certificate_id},
          {name + "TEMPLATE", identity.template_name},
          {name + "ENDPOINT", identity.endpoint},
          {name + "PORT", std::to_string(identity.port)},
          {name + "STATE_DIR", state_dir},
          {name + "CERTIFICATE", file(kCertificateFile)},
          {name + "PRIVATE_KEY", is_file(identity.key) ? file(kPrivateKeyFile) : text_of(identity.key)},
          {name + "KEY_STORE", key_store_word(identity.key).value_or("")},
          {name + "DEVICE_CONFIGURATION", file(kDeviceConfigurationFile)}};
}

}  // namespace fleet_provision
