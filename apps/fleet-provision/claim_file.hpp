// The claim of --claim: certificate and key in one file, as JSON of the AWS CLI or as PEM.
#pragma once

#include <optional>
#include <string>

#include "adapters/pem_credentials.hpp"
#include "core/identity.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct ClaimFile {
  PemCredentials pem;
  /// Of a provisioning claim in JSON; it lies ahead.
  std::optional<WallTime> expiration;
};

/// Reads `path`, `-` being stdin. kFileNotFound, kFileUnreadable, kClaimCertificateUnusable, kClaimKeyUnusable,
/// kClaimKeyPassphrase, kClaimExpired.
[[nodiscard]] Result<ClaimFile> read_claim_file(const std::string& path,
                                                const std::optional<std::string>& passphrase_file);

}  // namespace fleet_provision
