// Files that the caller named: a claim, a key, a CSR.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// No key, certificate chain or CSR is larger.
inline constexpr std::size_t kNamedFileBytesMax = 1024 * 1024;

/// The whole file; also a pipe or /dev/fd/N. kFileNotFound, kFileUnreadable (also: a directory), `unusable` when it has
/// more than `limit` bytes. `what` names its role in the message: "claim key".
[[nodiscard]] Result<Secret> read_named_file(const std::string& path, const std::string& what, ErrorKind unusable,
                                             std::size_t limit = kNamedFileBytesMax);

}  // namespace fleet_provision
