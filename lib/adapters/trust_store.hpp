// The roots that servers are judged by.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

struct ssl_ctx_st;

namespace fleet_provision {

/// Trusts the PEM certificates of `ca_file` alone, or the system's store (SSL_CERT_FILE and SSL_CERT_DIR are OpenSSL's
/// own ways to place it). kFileNotFound, kFileUnreadable, kCaFileUnusable; kNoTrustStore when the system has none.
[[nodiscard]] Result<void> trust(ssl_ctx_st& context, const std::optional<std::string>& ca_file);

}  // namespace fleet_provision
