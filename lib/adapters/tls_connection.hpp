// One TLS session over one socket, which knows exactly why it failed.
//
// OpenSSL checks chain, dates and name (or address) while it shakes hands and before it shows our certificate. The
// errors are told apart here: what the verification said and which certificate it said it of; the alert the server
// sent; bytes that are no TLS at all, seen by a peek before OpenSSL takes them. A server that refuses our certificate
// says so by an alert during the handshake (TLS 1.2) or after it (TLS 1.3, when we think that all went well), so the
// alert is remembered and asked for whenever the session ends.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "adapters/descriptor.hpp"
#include "adapters/tls_credentials.hpp"
#include "adapters/wait.hpp"
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
  std::string place;
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

  [[nodiscard]] int descriptor() const;
  [[nodiscard]] IoResult read(char* bytes, std::size_t size);
  [[nodiscard]] IoResult write(const char* bytes, std::size_t size);
  /// Sends close_notify; does not wait for the server's.
  void shut_down();

  /// `TLSv1.2` or `TLSv1.3`.
  [[nodiscard]] std::string version() const;
  /// Version, cipher, ALPN and the server's subject, for `-v -v`.
  [[nodiscard]] std::string description() const;
  /// kClaimRefused or kTlsFailed once the server sent an alert or broke the protocol; nothing for a plain close.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct State;
  explicit TlsConnection(std::unique_ptr<State> state);
  [[nodiscard]] IoResult judge(int result);

  std::unique_ptr<State> state_;
};

}  // namespace fleet_provision
