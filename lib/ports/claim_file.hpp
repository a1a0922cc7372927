// Identifies a file of the claim at the time it was read, so that a later file of the same name is not deleted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/identity.hpp"

namespace fleet_provision {

/// Not the inode number alone, which a new file may reuse.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  /// Nanoseconds since the epoch.
  std::int64_t modified = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

struct ClaimFile {
  std::string path;
  FileStamp stamp;
};

/// The content of the claim's files. A file that does not exist is left out.
struct ClaimProof {
  /// Set also if the claim certificate has expired.
  std::optional<CertificateFacts> certificate;
  /// Whether the key could be read and belongs to that certificate.
  bool key_fits = false;
  std::vector<ClaimFile> files;
};

}  // namespace fleet_provision
