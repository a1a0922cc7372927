#include "adapters/keys/device/secret_file.hpp"

#include "adapters/system/named_file.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {

Result<Secret> read_secret_file(const std::string& path, const std::string& what, ErrorKind unusable) {
  FP_TRY_ASSIGN(const Secret text, read_named_file(path, what, unusable));
  if (const auto wide = wide_encoding(text.reveal())) {
    return fail(
        unusable,
        "the " + what + " " + printable(path) + " is " + std::string(name_of_encoding(*wide)) + " text, not UTF-8",
        "convert it: (umask 077; " + utf8_command(*wide, path) + ")");
  }
  std::string_view bytes = without_byte_order_mark(text.reveal());
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  if (bytes.ends_with('\r')) bytes.remove_suffix(1);
  return Secret(bytes);
}

}  // namespace fleet_provision
