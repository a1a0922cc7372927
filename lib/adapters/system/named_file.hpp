// Files that the caller named: a claim, a key, a CSR.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "ports/claim_file.hpp"

struct stat;

namespace fleet_provision {

/// No key, certificate chain or CSR is larger.
inline constexpr std::size_t kNamedFileBytesMax = 1024 * 1024;

/// Distinguishes a file from every other file that had or will have the same name.
[[nodiscard]] FileStamp stamp_of(const struct stat& facts);

/// The whole file; also a pipe or /dev/fd/N, within the limit of adapters/system/reading_limit.hpp. kFileNotFound,
/// kFileUnreadable (also: a directory), `unusable` when it has more than `limit` bytes. `what` names its role in the
/// message: "claim key". Where `read` is given, the file that was read is appended to it.
[[nodiscard]] Result<Secret> read_named_file(const std::string& path, const std::string& what, ErrorKind unusable,
                                             std::size_t limit = kNamedFileBytesMax,
                                             std::vector<ClaimFile>* read = nullptr);

}  // namespace fleet_provision
