// A file of the claim as it was when it was read: only that file may be deleted later, not another of the same name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/identity.hpp"

namespace fleet_provision {

/// More than the inode number, which the next file may get again.
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

/// What the files that were named as claim were found to hold. A file that does not exist is left out.
struct ClaimProof {
  /// Of the claim certificate, also when it has expired.
  std::optional<CertificateFacts> certificate;
  /// The key was read, and belongs to that certificate.
  bool key_fits = false;
  std::vector<ClaimFile> files;
};

}  // namespace fleet_provision
