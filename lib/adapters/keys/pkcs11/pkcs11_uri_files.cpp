#include "adapters/keys/pkcs11/pkcs11_uri_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The text is compared, not the file that it leads to: a link on the way may belong to the other user.
bool is_named_in(const std::vector<std::string>& paths, const std::optional<std::string>& path) {
  return !path || std::find(paths.begin(), paths.end(), *path) != paths.end();
}

Failure not_named(const std::string& what, const std::string& path, const std::string& option, std::uint32_t owner) {
  return fail(ErrorKind::kKeyUri,
              "the key URI in the state directory names the " + what + " " + printable(path) +
                  ", which no option names, and files there belong to user " + std::to_string(owner),
              "if this run may use the file, give it with " + option + " " + shell_word(path));
}

}  // namespace

Result<void> require_trusted_files(const Pkcs11Attributes& uri, const KeyDeviceSettings& settings) {
  const bool module_named = is_named_in(settings.named_modules, uri.module_path);
  const bool pin_file_named = is_named_in(settings.named_pin_files, uri.pin_source);
  if ((module_named && pin_file_named) || !settings.foreign_owner) return {};
  const auto owner = settings.foreign_owner();
  if (!owner) return {};
  if (!module_named) return not_named("PKCS#11 module", *uri.module_path, "--pkcs11-module", *owner);
  return not_named("PIN file", *uri.pin_source, "--pin-file", *owner);
}

}  // namespace fleet_provision
