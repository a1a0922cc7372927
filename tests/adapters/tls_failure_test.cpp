// What the evidence of a failed TLS session is made into, as a table: alerts, OpenSSL's reasons, trust, closes.
#include "adapters/network/tls_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <string>
#include <vector>

#include "adapters/network/tls_connection.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using enum ErrorKind;

namespace {

const TlsPeer kPeer{"gateway.example", "", "gateway.example, port 8883", ""};
const TlsPeer kAws{"abc-ats.iot.eu-west-1.amazonaws.com", "", "AWS, port 8883", ""};

TlsEvidence with_alert(int alert, bool asked = false) {
  TlsEvidence evidence;
  evidence.server_spoke = true;
  evidence.alert = alert;
  evidence.certificate_asked = asked;
  return evidence;
}

TlsEvidence with_reason(int reason, bool spoke) {
  TlsEvidence evidence;
  evidence.server_spoke = spoke;
  evidence.library_error = ERR_PACK(ERR_LIB_SSL, 0, reason);
  return evidence;
}

TlsEvidence untrusted(int verify_error, const std::string& issuer = "CN=root") {
  TlsEvidence evidence;
  evidence.verify_error = verify_error;
  evidence.verify_reason = "the reason";
  evidence.leaf.subject = "CN=leaf";
  evidence.leaf.issuer = issuer;
  return evidence;
}

}  // namespace

TEST_CASE("each alert says whether the claim, the server or the configuration is to blame") {
  struct Row {
    int alert;
    bool asked;
    ErrorKind kind;
    const char* hint = "";
  };
  const Row rows[] = {
      {SSL_AD_BAD_CERTIFICATE, false, kClaimRefused, "ACTIVE"},
      {SSL_AD_UNSUPPORTED_CERTIFICATE, false, kClaimRefused},
      {SSL_AD_CERTIFICATE_REVOKED, false, kClaimRefused},
      {SSL_AD_CERTIFICATE_EXPIRED, false, kClaimRefused},
      {SSL_AD_CERTIFICATE_UNKNOWN, false, kClaimRefused},
      {SSL_AD_UNKNOWN_CA, false, kClaimRefused},
      {SSL_AD_ACCESS_DENIED, false, kClaimRefused},
      {SSL_AD_DECRYPT_ERROR, false, kClaimRefused},
      {SSL_AD_CERTIFICATE_REQUIRED, false, kClaimRefused},
      {SSL_AD_HANDSHAKE_FAILURE, true, kClaimRefused},
      {SSL_AD_HANDSHAKE_FAILURE, false, kTlsFailed, "share a cipher"},
      {SSL_AD_PROTOCOL_VERSION, true, kTlsVersion, "enable TLS 1.2 or 1.3"},
      {SSL_AD_NO_APPLICATION_PROTOCOL, true, kTlsAlpn, "omit --alpn"},
      {SSL_AD_INTERNAL_ERROR, true, kServerUnavailable, "wait, then rerun"},
      {SSL_AD_USER_CANCELLED, true, kServerUnavailable},
      {SSL_AD_CLOSE_NOTIFY, true, kServerUnavailable},
      {SSL_AD_UNRECOGNIZED_NAME, true, kTlsFailed, "check --endpoint and --server-name"},
      {SSL_AD_ILLEGAL_PARAMETER, true, kTlsFailed, "share a cipher"},
  };
  for (const Row& row : rows) {
    INFO(row.alert);
    const TlsEvidence evidence = with_alert(row.alert, row.asked);
    const Error failed = handshake_failure(evidence, kPeer);
    CHECK(failed.kind == row.kind);
    CHECK(failed.phase == Phase::kTls);
    CHECK(failed.message.find("(alert " + std::to_string(row.alert) + ")") != std::string::npos);
    CHECK(failed.hint.find(row.hint) != std::string::npos);
    CHECK(session_failure(evidence, kPeer)->kind == row.kind);
  }
}

TEST_CASE("OpenSSL's reasons are the configuration's before the server spoke, and the connection's after") {
  for (const int reason : {SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_NO_SUITABLE_GROUPS,
                           SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_LIBRARY_HAS_NO_CIPHERS}) {
    INFO(reason);
    CHECK(handshake_failure(with_reason(reason, false), kPeer).kind == kTlsConfiguration);
    CHECK(handshake_failure(with_reason(reason, false), kPeer).phase == Phase::kTls);
    CHECK(handshake_failure(with_reason(reason, true), kPeer).kind == kTlsFailed);
  }
  CHECK(handshake_failure(with_reason(SSL_R_UNSUPPORTED_PROTOCOL, true), kPeer).kind == kTlsVersion);
  CHECK(handshake_failure(with_reason(SSL_R_BAD_EXTENSION, false), kPeer).kind == kTlsFailed);
  CHECK(handshake_failure(with_reason(SSL_R_UNEXPECTED_EOF_WHILE_READING, true), kPeer).kind == kConnectionLost);
  CHECK(handshake_failure(with_reason(0x3FF, true), kPeer).message.ends_with("no reason given"));
  CHECK_FALSE(session_failure({}, kPeer));
  CHECK(session_failure(with_reason(SSL_R_BAD_EXTENSION, true), kPeer)->kind == kTlsFailed);
}

TEST_CASE("what is known first counts first") {
  TlsEvidence evidence = with_alert(SSL_AD_UNKNOWN_CA);
  CHECK(handshake_failure(evidence, kPeer).kind == kClaimRefused);
  evidence.verify_error = X509_V_ERR_CERT_REJECTED;
  CHECK(handshake_failure(evidence, kPeer).kind == kTlsUntrustedServer);
  evidence.no_certificate = true;
  CHECK(handshake_failure(evidence, kPeer).message.find("showed no certificate") != std::string::npos);
  evidence.excess = "sent more than 1 bytes";
  CHECK(handshake_failure(evidence, kPeer).message == "gateway.example, port 8883 sent more than 1 bytes");
  CHECK(session_failure(evidence, kPeer)->kind == kTlsFailed);
  evidence.first_words = "HTTP";
  CHECK(handshake_failure(evidence, kPeer).kind == kNotATlsServer);
}

TEST_CASE("a close says when it came, and counts against the claim only if the claim was asked for") {
  TlsEvidence evidence;
  evidence.closed_after = Milliseconds(7);
  CHECK(handshake_failure(evidence, kPeer).message.ends_with("closed the connection before it sent anything"));
  evidence.server_spoke = true;
  CHECK(handshake_failure(evidence, kPeer).message.ends_with("closed the connection in the middle"));
  CHECK_FALSE(handshake_failure(evidence, kPeer).closed_after);
  evidence.socket_errno = ECONNRESET;
  evidence.certificate_asked = true;
  const Error lost = handshake_failure(evidence, kPeer);
  CHECK(lost.kind == kConnectionLost);
  CHECK(lost.closed_after == Milliseconds(7));
  CHECK(lost.message.find("Connection reset by peer after it had asked for the claim certificate") !=
        std::string::npos);
  CHECK(handshake_timeout(evidence, kPeer).message.find("stopped in the middle") != std::string::npos);
  evidence.server_spoke = false;
  CHECK(handshake_timeout(evidence, kPeer).message.find("does not answer the TLS handshake") != std::string::npos);
  CHECK(handshake_timeout(evidence, kPeer).kind == kTlsTimeout);
}

TEST_CASE("a certificate that is not trusted is explained by who issued it, and to whom") {
  struct Row {
    TlsPeer peer;
    int verify_error;
    const char* issuer;
    const char* hint;
  };
  TlsPeer with_file = kPeer;
  with_file.ca_file = "roots.pem";
  TlsPeer aws_with_file = kAws;
  aws_with_file.ca_file = "roots.pem";
  TlsPeer legacy = kAws;
  legacy.server_name = "abc.iot.eu-west-1.amazonaws.com";
  const int missing = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
  const Row rows[] = {
      {legacy, missing, "CN=a", "use the -ats endpoint"},
      {kPeer, X509_V_ERR_CERT_REJECTED, "CN=a", "install another certificate on the server"},
      {kPeer, missing, "CN=a", "if this is the right server, give its root with --ca-file; an unexpected issuer"},
      {kPeer, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "CN=a", "if this is the right server"},
      {kPeer, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "CN=a", "if this is the right server"},
      {kPeer, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "CN=a", "if this is the right server"},
      {kPeer, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "CN=a", "if this is the right server"},
      {kPeer, X509_V_ERR_CERT_UNTRUSTED, "CN=a", "if this is the right server"},
      {kPeer, X509_V_ERR_CERT_SIGNATURE_FAILURE, "CN=a", "if this is the right server"},
      {with_file, missing, "CN=a", "roots.pem does not hold the root of issuer CN=a; if this is the right server"},
      {with_file, missing, "O=Amazon", "roots.pem does not hold the root of issuer O=Amazon; give AWS's roots"},
      {aws_with_file, missing, "O=Starfield",
       "roots.pem does not hold the root of issuer O=Starfield; give AWS's roots"},
      {aws_with_file, missing, "CN=a", "exempt abc-ats.iot.eu-west-1.amazonaws.com from TLS inspection"},
      {kAws, missing, "O=Amazon", "install ca-certificates"},
      {kAws, missing, "O=Starfield", "install ca-certificates"},
      {kAws, missing, "CN=a", "exempt abc-ats.iot.eu-west-1.amazonaws.com from TLS inspection"},
  };
  for (const Row& row : rows) {
    INFO(row.hint << " " << row.verify_error);
    const Error failed = handshake_failure(untrusted(row.verify_error, row.issuer), row.peer);
    CHECK(failed.kind == kTlsUntrustedServer);
    CHECK(failed.hint.starts_with(row.hint));
    CHECK(failed.message.find("the reason; it showed subject CN=leaf, issuer ") != std::string::npos);
  }
  TlsEvidence chain = untrusted(missing);
  chain.issuers_above = {"CN=middle", "CN=top"};
  const Error failed = handshake_failure(chain, with_file);
  CHECK(failed.message.find(", then issuer CN=middle, then issuer CN=top") != std::string::npos);
  CHECK(failed.hint.find("root of issuer CN=top") != std::string::npos);
}

TEST_CASE("names and dates of a certificate have their own kinds") {
  TlsEvidence evidence = untrusted(X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(handshake_failure(evidence, kPeer).kind == kTlsNameMismatch);
  CHECK(handshake_failure(evidence, kPeer).message.find("names no host") != std::string::npos);
  evidence.verify_error = X509_V_ERR_IP_ADDRESS_MISMATCH;
  evidence.leaf_names = {"a.example", "b.example"};
  CHECK(handshake_failure(evidence, kPeer).message.find("is not for gateway.example but for a.example, b.example; ") !=
        std::string::npos);
  evidence.judged = evidence.leaf;
  evidence.verify_error = X509_V_ERR_CERT_HAS_EXPIRED;
  CHECK(handshake_failure(evidence, kPeer).kind == kTlsServerExpired);
  CHECK(handshake_failure(evidence, kPeer).message.starts_with("the certificate of "));
  evidence.judged.subject = "CN=middle";
  evidence.verify_error = X509_V_ERR_CERT_NOT_YET_VALID;
  CHECK(handshake_failure(evidence, kPeer).kind == kTlsServerNotYetValid);
  CHECK(handshake_failure(evidence, kPeer).message.starts_with("a certificate in the chain of "));
}
