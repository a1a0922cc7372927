// Converts the evidence of a failed TLS session to the error that names its cause.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "core/identity.hpp"
#include "core/principal.hpp"

namespace fleet_provision {

struct TlsPeer;

/// Recorded during a session, evaluated when the session has failed.
struct TlsEvidence {
  /// Whose certificate the server saw or would have seen.
  Principal principal = Principal::kClaim;
  /// The server's alert (RFC 8446 section 6), close_notify excepted.
  std::optional<int> alert;
  /// X509_V_ERR_…, 0 if the verification succeeded; it concerns the certificate `judged` of the chain that begins with
  /// `leaf`.
  int verify_error = 0;
  std::string verify_reason;
  CertificateFacts judged;
  CertificateFacts leaf;
  std::vector<std::string> leaf_names;
  /// The issuers of the other certificates of the chain, in their order; printable.
  std::vector<std::string> issuers_above;
  /// The server requested the client certificate.
  bool certificate_asked = false;
  bool server_spoke = false;
  /// The handshake succeeded, but the server sent no certificate.
  bool no_certificate = false;
  /// The limit of PeerBytes that the server exceeded; empty if it exceeded none.
  std::string excess;
  /// The first bytes in printable form; set only if the server did not speak TLS.
  std::string first_words;
  unsigned long library_error = 0;
  int socket_errno = 0;
  Milliseconds closed_after{0};
};

[[nodiscard]] Error handshake_failure(const TlsEvidence& evidence, const TlsPeer& peer);
[[nodiscard]] Error handshake_timeout(const TlsEvidence& evidence, const TlsPeer& peer);
/// After a successful handshake: kClaimRefused, kServerUnavailable or kTlsFailed; nothing for a plain close.
[[nodiscard]] std::optional<Error> session_failure(const TlsEvidence& evidence, const TlsPeer& peer);

}  // namespace fleet_provision
