// How many bytes a TLS peer may send, without TLS: through the BIO that OpenSSL reads from.
#include "adapters/network/peer_bytes.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>

#include "adapters/system/descriptor.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

const Instant kLater = std::chrono::steady_clock::now() + std::chrono::hours(1);

/// A peer whose bytes are read through the BIO.
struct Peer {
  Peer() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
    bytes.emplace(ours.get(), kLater);
    bio = bytes->make_bio();
    REQUIRE(bio);
  }
  /// The peer sends so many bytes, and they are read in turns; gives how many were.
  std::size_t pass(std::size_t size) {
    std::size_t passed = 0;
    std::string buffer(16 * 1024, 'x');
    while (passed < size) {
      const std::size_t part = std::min(buffer.size(), size - passed);
      if (::send(theirs.get(), buffer.data(), part, MSG_NOSIGNAL) != static_cast<ssize_t>(part)) return passed;
      bytes->begin_turn();
      const int got = BIO_read(bio.get(), buffer.data(), static_cast<int>(part));
      if (got <= 0) return passed;
      passed += static_cast<std::size_t>(got);
    }
    return passed;
  }
  int read(int size) {
    std::string buffer(static_cast<std::size_t>(size), '\0');
    return BIO_read(bio.get(), buffer.data(), size);
  }

  Descriptor ours;
  Descriptor theirs;
  std::optional<PeerBytes> bytes;
  OpensslHandle<BIO> bio;
};

}  // namespace

TEST_CASE("nothing is read before it is allowed, or after the deadline") {
  Peer peer;
  REQUIRE(::send(peer.theirs.get(), "abc", 3, 0) == 3);
  CHECK(peer.read(1) == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  peer.bytes->allow_reading();
  // A successful call leaves errno as it was.
  errno = EAGAIN;
  CHECK(peer.read(1) == 1);
  CHECK_FALSE(BIO_should_retry(peer.bio.get()));
  CHECK(peer.read(0) == 0);
  CHECK(BIO_eof(peer.bio.get()) == 0);
  peer.bytes->end_at(Instant{});
  CHECK(peer.read(1) == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  peer.bytes->end_at(kLater);
  CHECK(peer.read(5) == 2);
  CHECK(peer.read(5) == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  CHECK(BIO_eof(peer.bio.get()) == 0);
  peer.theirs.reset();
  errno = EAGAIN;
  CHECK(peer.read(5) <= 0);
  CHECK_FALSE(BIO_should_retry(peer.bio.get()));
  CHECK(BIO_eof(peer.bio.get()) == 1);
  CHECK(BIO_flush(peer.bio.get()) == 1);
}

TEST_CASE("a turn has at most 32 KiB") {
  Peer peer;
  peer.bytes->allow_reading();
  const std::string half(kPeerTurnBytesMax / 2 + 1, 'x');
  for (int i = 0; i < 2; ++i)
    REQUIRE(::send(peer.theirs.get(), half.data(), half.size(), 0) == static_cast<ssize_t>(half.size()));
  const int most = static_cast<int>(kPeerTurnBytesMax);
  CHECK(peer.read(most - 1) == most - 1);
  CHECK(peer.read(100) == 1);
  CHECK(peer.read(100) == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  peer.bytes->begin_turn();
  CHECK(peer.read(100) == 2);
}

TEST_CASE("a handshake, a session, and what has no data in it have a limit each") {
  Peer handshake;
  handshake.bytes->allow_reading();
  CHECK(handshake.pass(kHandshakeBytesMax) == kHandshakeBytesMax);
  CHECK(handshake.bytes->excess().empty());
  CHECK(handshake.pass(1) == 1);
  CHECK(handshake.bytes->excess() == "sent more than 262144 bytes in the TLS handshake");
  CHECK(handshake.pass(1) == 0);

  Peer session;
  session.bytes->allow_reading();
  CHECK(session.pass(1000) == 1000);
  session.bytes->begin_session(kLater);
  CHECK(session.pass(kBytesWithoutDataMax) == kBytesWithoutDataMax);
  session.bytes->note_data();
  CHECK(session.pass(kBytesWithoutDataMax) == kBytesWithoutDataMax);
  CHECK(session.bytes->excess().empty());
  CHECK(session.pass(1) == 1);
  CHECK(session.bytes->excess() == "sent more than 65536 bytes of TLS without any data in them");

  Peer whole;
  whole.bytes->allow_reading();
  whole.bytes->begin_session(kLater);
  for (std::size_t passed = 0; passed < kSessionBytesMax; passed += kBytesWithoutDataMax) {
    REQUIRE(whole.pass(kBytesWithoutDataMax) == kBytesWithoutDataMax);
    whole.bytes->note_data();
  }
  CHECK(whole.bytes->excess().empty());
  CHECK(whole.pass(1) == 1);
  CHECK(whole.bytes->excess() == "sent more than 8388608 bytes");
}

TEST_CASE("a session has its own deadline, and its BIO is a source and a sink") {
  Peer peer;
  peer.bytes->allow_reading();
  REQUIRE(::send(peer.theirs.get(), "abc", 3, 0) == 3);
  peer.bytes->begin_session(Instant{});
  CHECK(peer.read(1) == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  peer.bytes->begin_session(kLater);
  CHECK(peer.read(1) == 1);
  CHECK((BIO_method_type(peer.bio.get()) & BIO_TYPE_SOURCE_SINK) != 0);
}

TEST_CASE("what is written reaches the peer, as far as there is room") {
  Peer peer;
  errno = EAGAIN;
  CHECK(BIO_write(peer.bio.get(), "abc", 3) == 3);
  CHECK_FALSE(BIO_should_retry(peer.bio.get()));
  char text[8];
  CHECK(::recv(peer.theirs.get(), text, sizeof text, 0) == 3);
  const std::string much(1024 * 1024, 'x');
  int sent = 0;
  for (int i = 0; i < 100 && sent >= 0; ++i)
    sent = BIO_write(peer.bio.get(), much.data(), static_cast<int>(much.size()));
  CHECK(sent == -1);
  CHECK(BIO_should_retry(peer.bio.get()));
  peer.theirs.reset();
  CHECK(BIO_write(peer.bio.get(), "abc", 3) == -1);
  CHECK_FALSE(BIO_should_retry(peer.bio.get()));
}
