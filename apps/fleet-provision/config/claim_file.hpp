// The claim of --claim: certificate and key in one file, as JSON of the AWS CLI or as PEM.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/keys/pem_credentials.hpp"
#include "core/identity.hpp"
#include "core/result.hpp"
#include "ports/claim_file.hpp"

namespace fleet_provision {

struct LoadedClaim {
  PemCredentials pem;
  /// The `expiration` of a provisioning claim in JSON.
  std::optional<WallTime> expiration;
};

/// Reads `path`; `-` is stdin. Fails with kFileNotFound, kFileUnreadable, kClaimCertificateUnusable, kClaimKeyUnusable
/// or kClaimKeyPassphrase. Appends the file that was read to `read`, if given.
[[nodiscard]] Result<LoadedClaim> read_claim_file(const std::string& path,
                                                  const std::optional<std::string>& passphrase_file,
                                                  std::vector<ClaimFile>* read = nullptr);

/// Fails with kClaimExpired; `path` is the file of the claim, for the message.
[[nodiscard]] Result<void> check_expiration(const LoadedClaim& claim, const std::string& path);

}  // namespace fleet_provision
