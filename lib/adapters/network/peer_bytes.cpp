#include "adapters/network/peer_bytes.hpp"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "adapters/network/wait.hpp"

namespace fleet_provision {
namespace {

PeerBytes& owner_of(BIO* bio) {
  return *static_cast<PeerBytes*>(BIO_get_data(bio));
}

}  // namespace

const BIO_METHOD* PeerBytes::methods() {
  // Created once and never freed.
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fleet-provision peer");
    if (method != nullptr) {
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
    }
    return method;
  }();
  return made;
}

OpensslHandle<BIO> PeerBytes::make_bio() {
  const BIO_METHOD* method = methods();
  OpensslHandle<BIO> bio(method == nullptr ? nullptr : BIO_new(method));
  if (!bio) return nullptr;
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

void PeerBytes::begin_session(Instant deadline) {
  deadline_ = deadline;
  in_session_ = true;
  total_ = without_data_ = 0;
}

std::string PeerBytes::excess() const {
  if (!exceeded_) return {};
  switch (*exceeded_) {
    case Limit::kHandshake:
      return "sent more than " + std::to_string(kHandshakeBytesMax) + " bytes in the TLS handshake";
    case Limit::kWithoutData:
      return "sent more than " + std::to_string(kBytesWithoutDataMax) + " bytes of TLS without any data in them";
    case Limit::kSession: break;
  }
  return "sent more than " + std::to_string(kSessionBytesMax) + " bytes";
}

bool PeerBytes::may_read() const {
  return reading_allowed_ && left_in_turn_ > 0 && !exceeded_ && std::chrono::steady_clock::now() < deadline_;
}

void PeerBytes::count(std::size_t bytes) {
  left_in_turn_ -= std::min(bytes, left_in_turn_);
  total_ += bytes;
  without_data_ += bytes;
  if (!in_session_ && total_ > kHandshakeBytesMax) {
    exceeded_ = Limit::kHandshake;
  } else if (in_session_ && without_data_ > kBytesWithoutDataMax) {
    exceeded_ = Limit::kWithoutData;
  } else if (in_session_ && total_ > kSessionBytesMax) {
    exceeded_ = Limit::kSession;
  }
}

int PeerBytes::read(BIO* bio, char* bytes, int size) noexcept {
  PeerBytes& self = owner_of(bio);
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  if (!self.may_read()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t most = std::min(static_cast<std::size_t>(size), self.left_in_turn_);
  const ssize_t got = ::recv(self.socket_, bytes, most, 0);
  if (got > 0) self.count(static_cast<std::size_t>(got));
  if (got == 0) self.at_end_ = true;
  if (got < 0 && would_block(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

int PeerBytes::write(BIO* bio, const char* bytes, int size) noexcept {
  PeerBytes& self = owner_of(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(self.socket_, bytes, static_cast<std::size_t>(std::max(size, 0)), MSG_NOSIGNAL);
  if (sent < 0 && would_block(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long PeerBytes::control(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
  if (command == BIO_CTRL_FLUSH) return 1;
  return command == BIO_CTRL_EOF && owner_of(bio).at_end_ ? 1 : 0;
}

}  // namespace fleet_provision
