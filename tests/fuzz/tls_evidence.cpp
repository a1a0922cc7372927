// The evidence of a failed TLS session: whatever a server, its certificates and OpenSSL have said, an error of the
// right kind that names the server, and a hint.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "adapters/network/tls_connection.hpp"
#include "adapters/network/tls_failure.hpp"
#include "tests/fuzz/bytes_reader.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using enum ErrorKind;

namespace {

constexpr std::array kKinds{kTlsTimeout,       kNotATlsServer,        kTlsUntrustedServer, kTlsNameMismatch,
                            kTlsServerExpired, kTlsServerNotYetValid, kTlsVersion,         kTlsAlpn,
                            kTlsFailed,        kClaimRefused,         kConnectionLost,     kServerUnavailable,
                            kTlsConfiguration};

/// As facts_of and names_of give it: printable.
std::string shown(BytesReader& input) {
  return printable(input.text());
}

CertificateFacts facts(BytesReader& input) {
  CertificateFacts facts;
  facts.subject = shown(input);
  facts.issuer = shown(input);
  facts.not_before = WallTime(std::chrono::hours(24 * 365) * input.byte());
  facts.not_after = facts.not_before + std::chrono::hours(24) * input.byte();
  return facts;
}

TlsEvidence evidence_of(BytesReader& input) {
  TlsEvidence evidence;
  const std::uint8_t flags = input.byte();
  evidence.principal = (flags & 1) != 0 ? Principal::kIdentity : Principal::kClaim;
  evidence.certificate_asked = (flags & 2) != 0;
  evidence.server_spoke = (flags & 4) != 0;
  evidence.no_certificate = (flags & 8) != 0;
  if ((flags & 16) != 0) evidence.alert = input.byte();
  if ((flags & 32) != 0) evidence.verify_error = input.byte();
  if ((flags & 64) != 0) evidence.library_error = ERR_PACK(ERR_LIB_SSL, 0, input.byte() | (input.byte() << 8U));
  if ((flags & 128) != 0) evidence.socket_errno = input.byte();
  evidence.verify_reason = X509_verify_cert_error_string(evidence.verify_error);
  evidence.judged = facts(input);
  evidence.leaf = input.flag() ? evidence.judged : facts(input);
  for (std::uint8_t names = input.byte() % 4; names > 0; --names) evidence.leaf_names.push_back(shown(input));
  for (std::uint8_t issuers = input.byte() % 4; issuers > 0; --issuers) evidence.issuers_above.push_back(shown(input));
  if (input.flag()) evidence.first_words = printable(input.text(), 80);
  if (input.flag()) evidence.excess = "sent more than 262144 bytes in the TLS handshake";
  return evidence;
}

void judge(const Error& error, const TlsEvidence& evidence, const TlsPeer& peer) {
  must_hold(std::find(kKinds.begin(), kKinds.end(), error.kind) != kKinds.end(), "a kind of TLS");
  refused_as(error, error.kind);
  must_hold(printable(error.hint, 8 * error.hint.size()) == error.hint && !error.hint.empty(),
            "a hint that can be shown");
  must_hold(error.kind == kTlsConfiguration || error.message.find(peer.name) != std::string::npos,
            "the server is named");
  must_hold(error.phase == Phase::kTls, "the phase is TLS");
  if (!evidence.certificate_asked && !evidence.alert)
    must_hold(error.kind != kClaimRefused, "who asked not did not refuse");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // OpenSSL then knows the words of its errors, as it does in a run.
  static const bool initialised = OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr) == 1;
  must_hold(initialised, "OpenSSL is ready");
  BytesReader input(as_text(data, size));
  TlsEvidence evidence = evidence_of(input);
  TlsPeer peer;
  peer.name = "a.example:8883 (192.0.2.1)";
  // The host of an endpoint is in lower case.
  peer.server_name = in_lower_case(input.text());
  peer.alpn = std::string(input.text());
  peer.ca_file = std::string(input.text());
  judge(handshake_failure(evidence, peer), evidence, peer);
  judge(handshake_timeout(evidence, peer), evidence, peer);
  if (const auto failure = session_failure(evidence, peer)) judge(*failure, evidence, peer);
  return 0;
}
