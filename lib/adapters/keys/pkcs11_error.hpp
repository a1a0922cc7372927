// The codes of PKCS#11 as errors (PKCS #11 v2.40, section 5.1 "Function return values"), in one table.
#pragma once

#include <string>

#include "core/error.hpp"

namespace fleet_provision {

/// `CKR_PIN_INCORRECT (0xa0)`; for a code of the module's vendor, or one that the table does not know, `the code 0x…`.
[[nodiscard]] std::string pkcs11_code_text(unsigned long code);

/// The error for a call that returned `code`. `what` says what failed on which object: `the token "fleet": C_Sign`.
[[nodiscard]] Error pkcs11_error(unsigned long code, const std::string& what);

/// Whether the module lost the token: sessions and object handles of before are of no use any more.
[[nodiscard]] bool is_token_lost(unsigned long code);

}  // namespace fleet_provision
