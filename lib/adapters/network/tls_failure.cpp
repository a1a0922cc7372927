#include "adapters/network/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <system_error>
#include <utility>

#include "adapters/network/tls_connection.hpp"
#include "adapters/network/tls_policy.hpp"
#include "aws/endpoint.hpp"
#include "aws/policy_hint.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using enum ErrorKind;

Error error(ErrorKind kind, std::string message, std::string hint) {
  Error made;
  made.kind = kind;
  made.phase = Phase::kTls;
  made.message = std::move(message);
  made.hint = std::move(hint);
  return made;
}

std::string local_time() {
  return rfc3339(std::chrono::system_clock::now());
}

/// The subject, issuer and dates of the leaf, and the issuers of the rest of the chain.
std::string shown(const TlsEvidence& evidence) {
  std::string text = "it showed subject " + evidence.leaf.subject + ", issuer " + evidence.leaf.issuer +
                     ", valid from " + rfc3339(evidence.leaf.not_before) + " to " + rfc3339(evidence.leaf.not_after);
  for (const std::string& each : evidence.issuers_above) text += ", then issuer " + each;
  return text;
}

bool is_missing_root(int verify_error) {
  switch (verify_error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return true;
    default: return false;
  }
}

std::string untrusted_hint(const TlsEvidence& evidence, const TlsPeer& peer) {
  if (is_legacy_aws_endpoint(peer.server_name)) {
    return "use the -ats endpoint that " + std::string(kEndpointCommand) +
           " prints; the certificate of the old endpoint is no longer trusted";
  }
  if (!is_missing_root(evidence.verify_error)) {
    return "install another certificate on the server";
  }
  const std::string& issuer = evidence.leaf.issuer;
  const bool by_aws = issuer.find("O=Amazon") != std::string::npos || issuer.find("O=Starfield") != std::string::npos;
  if (!peer.ca_file.empty() && (by_aws || !is_aws_host(peer.server_name))) {
    const std::string& top = evidence.issuers_above.empty() ? issuer : evidence.issuers_above.back();
    return printable(peer.ca_file) + " does not hold the root of issuer " + top +
           (by_aws ? "; give AWS's roots (https://www.amazontrust.com/repository/) with --ca-file"
                   : "; if this is the right server, give its root with --ca-file");
  }
  if (!is_aws_host(peer.server_name)) {
    return "if this is the right server, give its root with --ca-file; an unexpected issuer points to a captive portal "
           "or a proxy that inspects TLS";
  }
  if (by_aws) {
    return "install ca-certificates, or give AWS's roots (https://www.amazontrust.com/repository/) with --ca-file: the "
           "certificate is AWS's, but its root is not trusted here";
  }
  return "exempt " + printable(peer.server_name) +
         " from TLS inspection: the certificate is not AWS's but that of an inspecting proxy, see its issuer";
}

Error name_mismatch(const TlsEvidence& evidence, const TlsPeer& peer) {
  std::string names;
  for (const std::string& each : evidence.leaf_names) names += (names.empty() ? "" : ", ") + each;
  if (names.empty()) {
    return error(kTlsNameMismatch,
                 "the certificate of " + peer.name + " names no host in its subjectAltName; " + shown(evidence),
                 "install a server certificate with " + printable(peer.server_name) +
                     " in its subjectAltName; the common name is ignored");
  }
  return error(
      kTlsNameMismatch,
      "the certificate of " + peer.name + " is not for " + printable(peer.server_name) + " but for " + names + "; " +
          shown(evidence),
      "check the endpoint; if it is an address or a private name, give a name from the certificate with --server-name");
}

Error date_error(ErrorKind kind, const std::string& what, const TlsEvidence& evidence, const TlsPeer& peer) {
  const CertificateFacts& judged = evidence.judged;
  const std::string whose = judged.subject == evidence.leaf.subject ? "the certificate" : "a certificate in the chain";
  return error(kind,
               whose + " of " + peer.name + " " + what + ": subject " + judged.subject + ", issuer " + judged.issuer +
                   ", valid from " + rfc3339(judged.not_before) + " to " + rfc3339(judged.not_after) +
                   "; the local time is " + local_time(),
               "if the local time is wrong, set the clock; otherwise renew the server's certificate");
}

Error verify_failure(const TlsEvidence& evidence, const TlsPeer& peer) {
  switch (evidence.verify_error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return name_mismatch(evidence, peer);
    case X509_V_ERR_CERT_HAS_EXPIRED: return date_error(kTlsServerExpired, "has expired", evidence, peer);
    case X509_V_ERR_CERT_NOT_YET_VALID: return date_error(kTlsServerNotYetValid, "is not yet valid", evidence, peer);
    default:
      return error(kTlsUntrustedServer,
                   "the certificate of " + peer.name + " is not trusted: " + evidence.verify_reason + "; " +
                       shown(evidence) + "; the local time is " + local_time(),
                   untrusted_hint(evidence, peer));
  }
}

std::string alert_text(int alert) {
  return std::string(SSL_alert_desc_string_long(alert)) + " (alert " + std::to_string(alert) + ")";
}

bool is_about_our_certificate(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_CERTIFICATE_REQUIRED: return true;
    default: return false;
  }
}

/// The alerts of a server that is stopping or has an internal error.
bool is_about_the_server(int alert) {
  return alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_USER_CANCELLED || alert == SSL_AD_CLOSE_NOTIFY;
}

Error alert_failure(const TlsEvidence& evidence, const TlsPeer& peer) {
  const int alert = *evidence.alert;
  const bool ours =
      is_about_our_certificate(alert) || (evidence.certificate_asked && alert == SSL_AD_HANDSHAKE_FAILURE);
  if (ours) {
    return error(kClaimRefused,
                 peer.name + " refused " + std::string(certificate_of(evidence.principal)) + ": " + alert_text(alert),
                 certificate_hint(evidence.principal));
  }
  if (alert == SSL_AD_PROTOCOL_VERSION) {
    return error(kTlsVersion, peer.name + " speaks neither TLS 1.2 nor 1.3: " + alert_text(alert),
                 "enable TLS 1.2 or 1.3 on the server");
  }
  if (alert == SSL_AD_NO_APPLICATION_PROTOCOL) {
    return error(kTlsAlpn,
                 peer.name + " does not accept ALPN protocol " + printable(peer.alpn) + ": " + alert_text(alert),
                 "omit --alpn, or use port 8883: on port 443 AWS IoT accepts x-amzn-mqtt-ca");
  }
  if (is_about_the_server(alert)) {
    return error(kServerUnavailable, peer.name + " ended TLS: " + alert_text(alert),
                 "wait, then rerun: the server or its load balancer may be restarting");
  }
  return error(
      kTlsFailed, peer.name + " ended TLS: " + alert_text(alert),
      alert == SSL_AD_UNRECOGNIZED_NAME
          ? "check --endpoint and --server-name: the server does not know this name"
          : "check that the server and OpenSSL's configuration share a cipher, a curve and a signature algorithm");
}

/// Errors that OpenSSL reports before it sends anything, because its configuration leaves no usable version or cipher.
bool is_about_configuration(int reason) {
  switch (reason) {
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_LIBRARY_HAS_NO_CIPHERS: return true;
    default: return false;
  }
}

Error library_failure(const TlsEvidence& evidence, const TlsPeer& peer) {
  const int reason = ERR_GET_REASON(evidence.library_error);
  const char* text = ERR_reason_error_string(evidence.library_error);
  const std::string words = text == nullptr ? "no reason given" : text;
  if (!evidence.server_spoke && is_about_configuration(reason)) {
    Error unusable = tls_configuration_error(words);
    unusable.phase = Phase::kTls;
    return unusable;
  }
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL) {
    return error(kTlsVersion, peer.name + " speaks neither TLS 1.2 nor 1.3: " + words,
                 "enable TLS 1.2 or 1.3 on the server");
  }
  return error(kTlsFailed, "TLS with " + peer.name + " failed: " + words,
               "check OpenSSL's security level, and that no device on the way changes the bytes of the server");
}

Error too_much(const TlsEvidence& evidence, const TlsPeer& peer) {
  return error(kTlsFailed, peer.name + " " + evidence.excess,
               "check --endpoint and --port: a server of AWS IoT does not do this");
}

Error no_certificate(const TlsPeer& peer) {
  return error(kTlsUntrustedServer, peer.name + " showed no certificate in the TLS handshake",
               "check --endpoint and --port: a server without a certificate is never trusted");
}

Error lost_in_handshake(const TlsEvidence& evidence, const TlsPeer& peer) {
  const std::string how =
      evidence.socket_errno == 0 ? "closed the connection" : std::generic_category().message(evidence.socket_errno);
  const std::string when = !evidence.server_spoke ? "before it sent anything"
                           : evidence.certificate_asked
                               ? "after it had asked for " + std::string(certificate_of(evidence.principal))
                               : "in the middle";
  Error lost = error(kConnectionLost, "TLS handshake with " + peer.name + ": " + how + " " + when,
                     evidence.certificate_asked ? certificate_hint(evidence.principal)
                                                : "check --port, and whether a firewall or proxy interrupts TLS");
  // A server that has not requested the client certificate cannot have rejected it.
  if (evidence.certificate_asked) lost.closed_after = evidence.closed_after;
  return lost;
}

}  // namespace

Error handshake_failure(const TlsEvidence& evidence, const TlsPeer& peer) {
  if (!evidence.first_words.empty()) {
    return error(kNotATlsServer, peer.name + " is not a TLS server; it said: " + evidence.first_words,
                 "check --endpoint and --port, or give the proxy with --proxy: a proxy, a captive portal or another "
                 "service answers there");
  }
  if (!evidence.excess.empty()) return too_much(evidence, peer);
  if (evidence.no_certificate) return no_certificate(peer);
  if (evidence.verify_error != 0) return verify_failure(evidence, peer);
  if (evidence.alert) return alert_failure(evidence, peer);
  const bool ended =
      evidence.library_error == 0 || ERR_GET_REASON(evidence.library_error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  return ended ? lost_in_handshake(evidence, peer) : library_failure(evidence, peer);
}

Error handshake_timeout(const TlsEvidence& evidence, const TlsPeer& peer) {
  return error(kTlsTimeout,
               peer.name + (evidence.server_spoke ? " stopped in the middle of the TLS handshake"
                                                  : " accepts connections but does not answer the TLS handshake"),
               "check that this is the right port, and that no firewall holds back TLS");
}

std::optional<Error> session_failure(const TlsEvidence& evidence, const TlsPeer& peer) {
  if (!evidence.excess.empty()) return too_much(evidence, peer);
  if (evidence.alert) return alert_failure(evidence, peer);
  if (evidence.library_error != 0) return library_failure(evidence, peer);
  return std::nullopt;
}

}  // namespace fleet_provision
