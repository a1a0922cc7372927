// One TLS session over one socket, which reports why it failed.
//
// OpenSSL checks chain, dates and name (or address) during the handshake, before it sends the client certificate. The
// evidence recorded meanwhile (TlsEvidence) determines the error: the result of the verification and the certificate
// that it concerns; the server's alert; first bytes that are not TLS, peeked before OpenSSL reads them. A server that
// rejects the client certificate sends its alert during the handshake (TLS 1.2) or after it (TLS 1.3, where the
// handshake has succeeded for the client), so the alert is kept until the session ends. The bytes of a peer are limited
// below OpenSSL (peer_bytes.hpp). Whatever OpenSSL's configuration file says, a handshake succeeds only if the server
// has sent a certificate and its verification succeeded.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "adapters/network/tls_credentials.hpp"
#include "adapters/network/wait.hpp"
#include "adapters/system/descriptor.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The expected server.
struct TlsPeer {
  /// For the certificate check, and for SNI unless it is an address.
  std::string server_name;
  /// Empty disables ALPN.
  std::string alpn;
  /// Host, address and port for messages.
  std::string name;
  /// The file of --ca-file; empty for the system's roots.
  std::string ca_file;
};

enum class IoStatus : unsigned char {
  /// Bytes were read or written.
  kMoved,
  kWantsRead,
  kWantsWrite,
  /// The server closed the connection, with or without close_notify.
  kClosed,
  /// Any other failure; `TlsConnection::failure` returns it.
  kFailed,
};

struct IoResult {
  IoStatus status = IoStatus::kFailed;
  std::size_t count = 0;
};

class TlsConnection {
 public:
  /// Shakes hands over a non-blocking socket. kTlsTimeout, kNotATlsServer, kTlsUntrustedServer, kTlsNameMismatch,
  /// kTlsServerExpired, kTlsServerNotYetValid, kTlsVersion, kTlsAlpn, kTlsFailed, kClaimRefused, kConnectionLost, the
  /// error of a key device that does not sign.
  /// `credentials` outlive the connection.
  [[nodiscard]] static Result<TlsConnection> open(Descriptor socket, const TlsCredentials& credentials,
                                                  const TlsPeer& peer, Instant deadline, const Wait& wait);
  TlsConnection(TlsConnection&&) noexcept;
  TlsConnection& operator=(TlsConnection&&) noexcept;
  ~TlsConnection();

  /// No byte is read after `deadline`.
  void end_at(Instant deadline);

  [[nodiscard]] int descriptor() const;
  [[nodiscard]] IoResult read(char* bytes, std::size_t size);
  /// Whether OpenSSL holds bytes from the server that were not read, of which no poll of `descriptor` knows.
  [[nodiscard]] bool has_buffered() const;
  [[nodiscard]] IoResult write(const char* bytes, std::size_t size);
  /// Sends close_notify; does not wait for the server's.
  void shut_down();

  /// `TLSv1.2` or `TLSv1.3`.
  [[nodiscard]] std::string version() const;
  /// Version, cipher, ALPN and the server's subject, for `-v -v`.
  [[nodiscard]] std::string description() const;
  /// kClaimRefused, kServerUnavailable or kTlsFailed once the server sent an alert, violated the protocol or exceeded a
  /// limit of peer_bytes.hpp; nothing after a plain close.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct State;
  explicit TlsConnection(std::unique_ptr<State> state);
  [[nodiscard]] Result<void> shake_hands(Instant deadline, const Wait& wait);
  /// Checks after the handshake that the server has sent a certificate and that its verification succeeded.
  [[nodiscard]] Result<void> check_server();
  [[nodiscard]] IoResult judge(int result);

  std::unique_ptr<State> state_;
};

}  // namespace fleet_provision
