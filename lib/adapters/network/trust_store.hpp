// The root certificates that servers are verified against.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "core/secret.hpp"

struct ssl_ctx_st;

namespace fleet_provision {

/// The PEM certificates of one file, or the system's store (SSL_CERT_FILE and SSL_CERT_DIR are OpenSSL's own ways to
/// place it). The file is read once: a pipe gives its bytes only once, and a run with --verify makes two contexts.
class TrustedRoots {
 public:
  /// `ca_file` absent: the system's store.
  explicit TrustedRoots(std::optional<std::string> ca_file) : ca_file_(std::move(ca_file)) {}

  /// Makes `context` trust these roots alone. kFileNotFound, kFileUnreadable, kCaFileUnusable; kNoTrustStore when the
  /// system has none.
  [[nodiscard]] Result<void> apply_to(ssl_ctx_st& context);

 private:
  std::optional<std::string> ca_file_;
  /// What `ca_file_` held when it was read.
  std::optional<Secret> pem_;
};

}  // namespace fleet_provision
