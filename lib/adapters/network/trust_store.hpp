// The root certificates that servers are verified against.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "core/secret.hpp"

struct ssl_ctx_st;

namespace fleet_provision {

/// The PEM certificates of one file, or the system's store (OpenSSL's variables SSL_CERT_FILE and SSL_CERT_DIR select
/// it). The file is read once, because a pipe can be read only once and a run with --verify creates two contexts.
class TrustedRoots {
 public:
  /// An absent `ca_file` means the system's store.
  explicit TrustedRoots(std::optional<std::string> ca_file) : ca_file_(std::move(ca_file)) {}

  /// Makes `context` trust these roots alone. kFileNotFound, kFileUnreadable, kCaFileUnusable; kNoTrustStore if the
  /// system has no store.
  [[nodiscard]] Result<void> apply_to(ssl_ctx_st& context);

 private:
  std::optional<std::string> ca_file_;
  /// The content of `ca_file_` once it was read.
  std::optional<Secret> pem_;
};

}  // namespace fleet_provision
