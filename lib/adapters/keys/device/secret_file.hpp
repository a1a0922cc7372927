// Files that hold one secret: a PIN, a passphrase, a password.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// The text of the file without its final newline and without a byte order mark; may be empty. `what` names its role:
/// "PIN file". kFileNotFound, kFileUnreadable; `unusable` for UTF-16 or UTF-32 text and for a file that is too large.
[[nodiscard]] Result<Secret> read_secret_file(const std::string& path, const std::string& what, ErrorKind unusable);

}  // namespace fleet_provision
