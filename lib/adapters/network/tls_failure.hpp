// From what was noted of a failed TLS session to the error that names its cause.
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

/// Noted while a session goes on, judged when it has failed.
struct TlsEvidence {
  /// Whose certificate the server saw or would have seen.
  Principal principal = Principal::kClaim;
  /// The server's alert (RFC 8446 section 6), close_notify excepted.
  std::optional<int> alert;
  /// X509_V_ERR_…, 0 when nothing was refused; of `judged`, a certificate of the chain that `leaf` began.
  int verify_error = 0;
  std::string verify_reason;
  CertificateFacts judged;
  CertificateFacts leaf;
  std::vector<std::string> leaf_names;
  /// Of the other certificates that were shown, in their order; printable.
  std::vector<std::string> issuers_above;
  /// The server asked for our certificate.
  bool certificate_asked = false;
  bool server_spoke = false;
  /// The handshake ended well, and the server showed no certificate in it.
  bool no_certificate = false;
  /// The limit of PeerBytes that the server went over; empty when it did not.
  std::string excess;
  /// Printable; only when the server did not speak TLS.
  std::string first_words;
  unsigned long library_error = 0;
  int socket_errno = 0;
  Milliseconds closed_after{0};
};

[[nodiscard]] Error handshake_failure(const TlsEvidence& evidence, const TlsPeer& peer);
[[nodiscard]] Error handshake_timeout(const TlsEvidence& evidence, const TlsPeer& peer);
/// After a good handshake: kClaimRefused, kServerUnavailable or kTlsFailed; nothing for a plain close.
[[nodiscard]] std::optional<Error> session_failure(const TlsEvidence& evidence, const TlsPeer& peer);

}  // namespace fleet_provision
