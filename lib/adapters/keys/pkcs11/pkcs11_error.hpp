// The codes of PKCS#11 as errors (PKCS #11 v2.40, section 5.1 "Function return values"), in one table.
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace fleet_provision {

/// Hints that more than one place gives; see hint_for.
inline constexpr std::string_view kSetNewUserPin =
    "set a new user PIN with the PIN of the security officer: pkcs11-tool {module} --login --login-type so --init-pin";
inline constexpr std::string_view kDeleteUnneededKey =
    "delete a key that is not needed: pkcs11-tool {module} --login --delete-object --type privkey --id ID";

/// `CKR_PIN_INCORRECT (0xa0)`; for a code of the module's vendor, or one that the table does not know, `the code 0x…`.
[[nodiscard]] std::string pkcs11_code_text(unsigned long code);

/// What the commands in hints name.
struct Pkcs11Place {
  /// The path of the module; empty if it is not known.
  std::string module_path;
  /// The label of the token; empty for a call that is about no token.
  std::string token_label = {};
};
/// A hint with `pkcs11-tool {module}` replaced by the command and its options for this module and token.
[[nodiscard]] std::string hint_for(const Pkcs11Place& place, std::string_view hint);

/// The error for a call that returned `code`. `what` says what failed on which object: `the token "fleet": C_Sign`.
[[nodiscard]] Error pkcs11_error(unsigned long code, const std::string& what, const Pkcs11Place& place);

}  // namespace fleet_provision
