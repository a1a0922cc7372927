// One TLS session over one socket, which reports why it failed.
//
// OpenSSL checks chain, dates and name (or address) during the handshake, before it sends our certificate. Errors are
// told apart by what was noted meanwhile (TlsEvidence): the result of the verification and the certificate it is about;
// the server's alert; first bytes that are not TLS, read by a peek before OpenSSL takes them. A server that refuses our
// certificate sends its alert during the handshake (TLS 1.2) or after it (TLS 1.3, when the handshake has succeeded for
// us), so the alert is kept until the session ends.
// What a peer may send is limited below OpenSSL (peer_bytes.hpp). Whatever OpenSSL's configuration file says, a
// handshake succeeds only if the server has shown a certificate and its verification succeeded.
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

/// Whom to expect at the other end.
struct TlsPeer {
  /// For the certificate check, and for SNI unless it is an address.
  std::string server_name;
  /// Empty: none is offered.
  std::string alpn;
  /// Host, address and port for messages.
  std::string name;
  /// What --ca-file named; empty: the roots are the system's.
  std::string ca_file;
};

enum class IoStatus : unsigned char {
  /// Bytes moved.
  kMoved,
  kWantsRead,
  kWantsWrite,
  /// The server closed, in order or not.
  kClosed,
  /// Anything else: `TlsConnection::failure` says what.
  kFailed,
};

struct IoResult {
  IoStatus status = IoStatus::kFailed;
  std::size_t count = 0;
};

class TlsConnection {
 public:
  /// Shakes hands over a non-blocking socket. kTlsTimeout, kNotATlsServer, kTlsUntrustedServer, kTlsNameMismatch,
  /// kTlsServerExpired, kTlsServerNotYetValid, kTlsVersion, kTlsAlpn, kTlsFailed, kClaimRefused, kConnectionLost.
  /// `credentials` outlive the connection.
  [[nodiscard]] static Result<TlsConnection> open(Descriptor socket, const TlsCredentials& credentials,
                                                  const TlsPeer& peer, Instant deadline, const Wait& wait);
  TlsConnection(TlsConnection&&) noexcept;
  TlsConnection& operator=(TlsConnection&&) noexcept;
  ~TlsConnection();

  /// From here on nothing is read any more.
  void end_at(Instant deadline);

  [[nodiscard]] int descriptor() const;
  [[nodiscard]] IoResult read(char* bytes, std::size_t size);
  [[nodiscard]] IoResult write(const char* bytes, std::size_t size);
  /// Sends close_notify; does not wait for the server's.
  void shut_down();

  /// `TLSv1.2` or `TLSv1.3`.
  [[nodiscard]] std::string version() const;
  /// Version, cipher, ALPN and the server's subject, for `-v -v`.
  [[nodiscard]] std::string description() const;
  /// kClaimRefused, kServerUnavailable or kTlsFailed once the server sent an alert, broke the protocol or sent more
  /// than any honest one; nothing for a plain close.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct State;
  explicit TlsConnection(std::unique_ptr<State> state);
  [[nodiscard]] Result<void> shake_hands(Instant deadline, const Wait& wait);
  /// After the handshake: the server has shown a certificate, and it was found good.
  [[nodiscard]] Result<void> check_server();
  [[nodiscard]] IoResult judge(int result);

  std::unique_ptr<State> state_;
};

}  // namespace fleet_provision
