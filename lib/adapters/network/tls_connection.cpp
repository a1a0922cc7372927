#include "adapters/network/tls_connection.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <string_view>
#include <utility>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/network/peer_bytes.hpp"
#include "adapters/network/resolver.hpp"
#include "adapters/network/tls_failure.hpp"
#include "core/text.hpp"

namespace fleet_provision {

struct TlsConnection::State {
  State(TlsPeer expected, Descriptor connected, Instant deadline)
      : peer(std::move(expected)), socket(std::move(connected)), bytes(socket.get(), deadline) {}

  TlsPeer peer;
  Descriptor socket;
  PeerBytes bytes;
  TlsEvidence evidence;
  std::shared_ptr<SignatureFailure> signature_failure;
  // The last member, since it is destroyed first and uses the others until then.
  OpensslHandle<SSL> ssl;
};

namespace {

/// The number of certificates of a chain that an error message names.
constexpr int kChainShown = 5;

int evidence_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

TlsEvidence& evidence_of(const SSL* ssl) {
  return *static_cast<TlsEvidence*>(SSL_get_ex_data(ssl, evidence_index()));
}

void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_ALERT) == 0 || (where & SSL_CB_READ) == 0) return;
  // close_notify is not an error.
  if ((value & 0xFF) != SSL_AD_CLOSE_NOTIFY) evidence_of(ssl).alert = value & 0xFF;
}

void note_refused(X509_STORE_CTX* store, TlsEvidence& evidence) {
  evidence.verify_error = X509_STORE_CTX_get_error(store);
  evidence.verify_reason = X509_verify_cert_error_string(evidence.verify_error);
  if (const X509* judged = X509_STORE_CTX_get_current_cert(store)) evidence.judged = facts_of(*judged);
  if (const X509* leaf = X509_STORE_CTX_get0_cert(store)) {
    evidence.leaf = facts_of(*leaf);
    evidence.leaf_names = names_of(*leaf);
    evidence.issuers_above.clear();
    const STACK_OF(X509)* shown = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; i < std::min(sk_X509_num(shown), kChainShown); ++i) {
      const X509* each = sk_X509_value(shown, i);
      if (X509_cmp(each, leaf) != 0) evidence.issuers_above.push_back(facts_of(*each).issuer);
    }
  }
}

int note_verification(int good, X509_STORE_CTX* store) {
  if (good == 1) return good;
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  try {
    note_refused(store, evidence_of(ssl));
  } catch (const std::exception&) {
    // An exception must not pass through OpenSSL, which is C. The handshake then fails with the evidence recorded so
    // far.
  }
  return 0;
}

/// Called when the server requests the client certificate; OpenSSL then sends the one that is set.
int note_request(SSL* ssl, void* /*context*/) {
  evidence_of(ssl).certificate_asked = true;
  return 1;
}

bool offer_alpn(SSL* ssl, const std::string& name) {
  if (name.empty()) return true;
  std::string list(1, static_cast<char>(name.size()));
  list += name;
  // This function returns 0 for success.
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                             static_cast<unsigned>(list.size())) == 0;
}

bool expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  // Only names in the subjectAltName count (RFC 9525 section 2); by default OpenSSL also accepts a common name.
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_ip_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

bool use_bytes(SSL* ssl, PeerBytes& bytes) {
  OpensslHandle<BIO> bio = bytes.make_bio();
  if (!bio) return false;
  // SSL_set_bio takes one reference for both directions.
  BIO* both = bio.release();
  SSL_set_bio(ssl, both, both);
  return true;
}

/// Peeks at the first bytes of the server before OpenSSL takes them: a TLS record of a handshake or an alert starts
/// with 22 or 21 and a 3 (RFC 8446 section 5.1).
void look_at_first_bytes(int socket, TlsEvidence& evidence) {
  char bytes[256];
  const ssize_t count = ::recv(socket, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  if (count <= 0) return;
  evidence.server_spoke = true;
  const bool record = (bytes[0] == 22 || bytes[0] == 21) && (count < 2 || bytes[1] == 3);
  if (record) return;
  const std::string_view said(bytes, static_cast<std::size_t>(count));
  evidence.first_words = printable(said.substr(0, said.find_first_of("\r\n")), 80);
}

}  // namespace

TlsConnection::TlsConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsConnection::TlsConnection(TlsConnection&&) noexcept = default;
TlsConnection& TlsConnection::operator=(TlsConnection&&) noexcept = default;
TlsConnection::~TlsConnection() = default;

Result<TlsConnection> TlsConnection::open(Descriptor socket, const TlsCredentials& credentials, const TlsPeer& peer,
                                          Instant deadline, const Wait& wait) {
  auto state = std::make_unique<State>(peer, std::move(socket), deadline);
  state->evidence.principal = credentials.principal();
  state->signature_failure = credentials.signature_failure();
  state->ssl.reset(SSL_new(&credentials.context()));
  SSL* ssl = state->ssl.get();
  if (ssl == nullptr || SSL_set_ex_data(ssl, evidence_index(), &state->evidence) != 1 ||
      !expect_name(ssl, peer.server_name) || !offer_alpn(ssl, peer.alpn) || !use_bytes(ssl, state->bytes)) {
    return openssl_failure("OpenSSL takes no connection");
  }
  SSL_set_verify(ssl, SSL_VERIFY_PEER, note_verification);
  SSL_set_info_callback(ssl, note_alert);
  SSL_set_cert_cb(ssl, note_request, nullptr);

  TlsConnection connection(std::move(state));
  FP_TRY(connection.shake_hands(deadline, wait));
  return connection;
}

Result<void> TlsConnection::shake_hands(Instant deadline, const Wait& wait) {
  SSL* ssl = state_->ssl.get();
  const TlsPeer& peer = state_->peer;
  TlsEvidence& evidence = state_->evidence;
  Instant last_sent = std::chrono::steady_clock::now();
  bool looked = false;
  while (true) {
    ERR_clear_error();
    state_->bytes.begin_turn();
    const int result = SSL_connect(ssl);
    if (result == 1) return check_server();
    const int wanted = SSL_get_error(ssl, result);
    evidence.excess = state_->bytes.excess();
    if (!evidence.excess.empty() || (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE)) {
      evidence.socket_errno = wanted == SSL_ERROR_SYSCALL ? errno : 0;
      evidence.library_error = ERR_peek_error();
      evidence.closed_after = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - last_sent);
      ERR_clear_error();
      // OpenSSL knows only that a signature failed; the device said why.
      auto not_signed = state_->signature_failure ? state_->signature_failure->take() : std::nullopt;
      return fail(not_signed ? std::move(*not_signed).in(Phase::kTls) : handshake_failure(evidence, peer));
    }
    if (wanted == SSL_ERROR_WANT_READ && !looked) last_sent = std::chrono::steady_clock::now();
    FP_TRY_ASSIGN(const bool ready,
                  wait.until(descriptor(), wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline));
    if (!ready) return fail(handshake_timeout(evidence, peer));
    if (looked || wanted != SSL_ERROR_WANT_READ) continue;
    looked = true;
    look_at_first_bytes(descriptor(), evidence);
    if (!evidence.first_words.empty()) return fail(handshake_failure(evidence, peer));
    // Not earlier, because OpenSSL would read a quick response in the call that sent its first message.
    state_->bytes.allow_reading();
  }
}

Result<void> TlsConnection::check_server() {
  const SSL* ssl = state_->ssl.get();
  TlsEvidence& evidence = state_->evidence;
  const long verified = SSL_get_verify_result(ssl);
  if (SSL_get0_peer_certificate(ssl) == nullptr) {
    evidence.no_certificate = true;
    return fail(handshake_failure(evidence, state_->peer));
  }
  if (verified != X509_V_OK) {
    evidence.verify_error = static_cast<int>(verified);
    evidence.verify_reason = X509_verify_cert_error_string(verified);
    return fail(handshake_failure(evidence, state_->peer));
  }
  state_->bytes.begin_session(Instant::max());
  return {};
}

void TlsConnection::end_at(Instant deadline) {
  state_->bytes.end_at(deadline);
}

int TlsConnection::descriptor() const {
  return state_->socket.get();
}

IoResult TlsConnection::judge(int result) {
  const int error = SSL_get_error(state_->ssl.get(), result);
  state_->evidence.excess = state_->bytes.excess();
  if (!state_->evidence.excess.empty()) return {IoStatus::kFailed};
  if (error == SSL_ERROR_WANT_READ) return {IoStatus::kWantsRead};
  if (error == SSL_ERROR_WANT_WRITE) return {IoStatus::kWantsWrite};
  const unsigned long library_error = ERR_peek_error();
  const bool end = error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL ||
                   ERR_GET_REASON(library_error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (!end) state_->evidence.library_error = library_error;
  ERR_clear_error();
  return {end && !state_->evidence.alert ? IoStatus::kClosed : IoStatus::kFailed};
}

IoResult TlsConnection::read(char* bytes, std::size_t size) {
  std::size_t count = 0;
  ERR_clear_error();
  state_->bytes.begin_turn();
  const int result = SSL_read_ex(state_->ssl.get(), bytes, size, &count);
  if (result != 1) return judge(result);
  state_->bytes.note_data();
  return {IoStatus::kMoved, count};
}

bool TlsConnection::has_buffered() const {
  return SSL_has_pending(state_->ssl.get()) == 1;
}

IoResult TlsConnection::write(const char* bytes, std::size_t size) {
  std::size_t count = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(state_->ssl.get(), bytes, size, &count);
  return result == 1 ? IoResult{IoStatus::kMoved, count} : judge(result);
}

void TlsConnection::shut_down() {
  ERR_clear_error();
  SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

std::string TlsConnection::version() const {
  return SSL_get_version(state_->ssl.get());
}

std::string TlsConnection::description() const {
  std::string text = version() + " " + SSL_get_cipher_name(state_->ssl.get());
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->ssl.get(), &alpn, &size);
  if (size > 0) text += ", ALPN " + printable({reinterpret_cast<const char*>(alpn), size});
  if (const X509* server = SSL_get0_peer_certificate(state_->ssl.get())) {
    const CertificateFacts facts = facts_of(*server);
    text += ", server " + facts.subject + " by " + facts.issuer;
  }
  return text;
}

std::optional<Error> TlsConnection::failure() const {
  return session_failure(state_->evidence, state_->peer);
}

}  // namespace fleet_provision
