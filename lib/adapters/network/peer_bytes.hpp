// Limits the bytes that a TLS peer can make OpenSSL read.
//
// One call into OpenSSL runs for as long as bytes arrive that carry no data: TLS 1.2 HelloRequest during a handshake,
// TLS 1.3 KeyUpdate after it (RFC 5246 section 7.4.1.1, RFC 8446 section 4.6.3). So the bytes are counted before
// OpenSSL sees them. One call (a turn) gets at most kPeerTurnBytesMax and then returns as if no more had arrived, so
// that its caller can check the deadline and the interrupt. The handshake, the session, and what a session sends
// without one byte of data each have a limit far above what an honest server sends. Over a limit, and after the
// deadline, nothing more is read from the peer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "adapters/keys/openssl_handles.hpp"
#include "core/deadline.hpp"

struct bio_method_st;

namespace fleet_provision {

inline constexpr std::size_t kPeerTurnBytesMax = 32 * 1024;
/// A chain of certificates takes 3 to 10 KiB; OpenSSL itself takes at most 100 KiB.
inline constexpr std::size_t kHandshakeBytesMax = 256 * 1024;
/// Session tickets, key updates and alerts; a record that is not complete yet counts too, up to 16 KiB.
inline constexpr std::size_t kBytesWithoutDataMax = 64 * 1024;
/// Four responses of 128 KiB with all overhead take 600 KiB.
inline constexpr std::size_t kSessionBytesMax = 8 * 1024 * 1024;

class PeerBytes {
 public:
  /// For a non-blocking socket, which outlives this object. Nothing is read from it before `allow_reading`.
  PeerBytes(int socket, Instant deadline) : socket_(socket), deadline_(deadline) {}
  PeerBytes(const PeerBytes&) = delete;
  PeerBytes& operator=(const PeerBytes&) = delete;

  /// Creates the BIO for OpenSSL; null if no memory is left. This object outlives it and must not move.
  [[nodiscard]] OpensslHandle<bio_st> make_bio();

  void allow_reading() { reading_allowed_ = true; }
  /// Call it before each call into OpenSSL.
  void begin_turn() { left_in_turn_ = kPeerTurnBytesMax; }
  /// Applies the limits of a session from now on.
  void begin_session(Instant deadline);
  void end_at(Instant deadline) { deadline_ = deadline; }
  /// The application received data.
  void note_data() { without_data_ = 0; }

  /// The limit that the peer exceeded: `sent more than 262144 bytes in the TLS handshake`; empty if it exceeded none.
  [[nodiscard]] std::string excess() const;

 private:
  enum class Limit : unsigned char { kHandshake, kWithoutData, kSession };

  /// Work like BIO_read and BIO_write. OpenSSL calls them, so they must not throw.
  static int read(bio_st* bio, char* bytes, int size) noexcept;
  static int write(bio_st* bio, const char* bytes, int size) noexcept;
  static long control(bio_st* bio, int command, long number, void* pointer) noexcept;
  static const bio_method_st* methods();

  [[nodiscard]] bool may_read() const;
  void count(std::size_t bytes);

  int socket_;
  Instant deadline_;
  bool reading_allowed_ = false;
  bool in_session_ = false;
  bool at_end_ = false;
  std::size_t left_in_turn_ = kPeerTurnBytesMax;
  std::size_t total_ = 0;
  std::size_t without_data_ = 0;
  std::optional<Limit> exceeded_;
};

}  // namespace fleet_provision
