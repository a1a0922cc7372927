#include "tests/load/provisioning.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/load/requests.hpp"

namespace fleet_provision::load {
namespace {

constexpr std::uint16_t kSubscribeId = 1;
constexpr std::uint16_t kCreateId = 2;
constexpr std::uint16_t kRegisterId = 3;

Instant now() {
  return std::chrono::steady_clock::now();
}

std::string tls_reason() {
  std::array<char, 200> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

Access::Access(const Target& target)
    : context(SSL_CTX_new(TLS_client_method())), host(target.host), template_name(target.template_name) {
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_load_verify_locations(context.get(), target.ca_file.c_str(), nullptr) != 1 ||
      SSL_CTX_use_certificate_chain_file(context.get(), target.claim_certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), target.claim_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("the claim or the CA: " + tls_reason());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_INET;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no address for " + target.host);
  }
  std::memcpy(&address, found->ai_addr, found->ai_addrlen);
  address_size = found->ai_addrlen;
  ::freeaddrinfo(found);
}

Provisioning::Provisioning(const Access& access, std::string name)
    : access_(access),
      name_(std::move(name)),
      create_topic_("$aws/certificates/create-from-csr/json"),
      register_topic_("$aws/provisioning-templates/" + access.template_name + "/provision/json"),
      began_(now()) {
  open();
}

Provisioning::~Provisioning() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Provisioning::open() {
  descriptor_ = ::socket(access_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return fail(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&access_.address);
  if (::connect(descriptor_, address, access_.address_size) != 0 && errno != EINPROGRESS) {
    fail(std::string("connect: ") + std::strerror(errno));
  }
}

bool Provisioning::step() {
  if (phase_ == Phase::kTcp) connected();
  if (phase_ == Phase::kTls) shake_hands();
  if (phase_ != Phase::kTcp && phase_ != Phase::kTls && phase_ != Phase::kDone) {
    flush();
    read();
  }
  return phase_ == Phase::kDone;
}

void Provisioning::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(std::string("connect: ") + std::strerror(error));
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;  // not yet
  tls_.reset(SSL_new(access_.context.get()));
  if (!tls_ || SSL_set_fd(tls_.get(), descriptor_) != 1 ||
      SSL_set_tlsext_host_name(tls_.get(), access_.host.c_str()) != 1 ||
      SSL_set1_host(tls_.get(), access_.host.c_str()) != 1) {
    return fail("TLS: " + tls_reason());
  }
  SSL_set_connect_state(tls_.get());
  phase_ = Phase::kTls;
}

bool Provisioning::may_go_on(int result, const char* doing) {
  const int error = SSL_get_error(tls_.get(), result);
  wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
  fail(std::string(doing) + ": " + (ERR_peek_error() != 0 ? tls_reason() : "the connection was closed"));
  return false;
}

void Provisioning::shake_hands() {
  const int result = SSL_do_handshake(tls_.get());
  if (result != 1) {
    may_go_on(result, "TLS");
    return;
  }
  sample_.handshake = now() - began_;
  phase_ = Phase::kConnack;
  send(connect_packet(name_));
}

void Provisioning::send(const std::string& packet) {
  out_ += packet;
  flush();
}

void Provisioning::flush() {
  wants_write_ = false;
  while (!out_.empty() && phase_ != Phase::kDone) {
    const int written = SSL_write(tls_.get(), out_.data(), static_cast<int>(out_.size()));
    if (written <= 0) {
      may_go_on(written, "write");
      return;
    }
    out_.erase(0, static_cast<std::size_t>(written));
  }
}

void Provisioning::read() {
  std::array<char, 16384> bytes{};
  while (phase_ != Phase::kDone) {
    const int size = SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (size <= 0) {
      const bool writing = wants_write_;
      if (may_go_on(size, "read")) wants_write_ = wants_write_ || writing;
      return;
    }
    in_.append(bytes.data(), static_cast<std::size_t>(size));
    while (phase_ != Phase::kDone) {
      const auto packet = first_packet(in_);
      if (!packet) break;
      const std::size_t taken = packet->size;
      take(*packet);
      in_.erase(0, taken);
    }
  }
}

void Provisioning::take(const Packet& packet) {
  switch (static_cast<PacketType>(packet.type)) {
    case PacketType::kConnack:
      if (reason_code(packet) != 0) return fail("CONNACK " + std::to_string(reason_code(packet)));
      phase_ = Phase::kSuback;
      return send(subscribe_packet(kSubscribeId, {create_topic_ + "/accepted", create_topic_ + "/rejected",
                                                  register_topic_ + "/accepted", register_topic_ + "/rejected"}));
    case PacketType::kSuback: {
      if (const unsigned code = refused_filter(packet); code != 0) return fail("SUBACK " + std::to_string(code));
      phase_ = Phase::kCreate;
      const std::string request = create_request();
      asked_ = now();
      return send(publish_packet(kCreateId, create_topic_, request));
    }
    case PacketType::kPuback:
      if (const unsigned code = reason_code(packet); code >= 0x80) return fail("PUBACK " + std::to_string(code));
      return;
    case PacketType::kPublish: {
      const auto message = message_in(packet);
      return message ? take_message(*message) : fail("a malformed PUBLISH");
    }
    case PacketType::kDisconnect: return fail("DISCONNECT by the service");
  }
  fail("a packet of type " + std::to_string(packet.type));
}

void Provisioning::take_message(const Message& message) {
  const Instant answered = now();
  if (message.id != 0) send(puback_packet(message.id));
  if (phase_ == Phase::kCreate && message.topic == create_topic_ + "/accepted") {
    sample_.create = answered - asked_;
    const auto token = text_of(message.payload, "certificateOwnershipToken");
    if (!token) return fail("an answer without a token");
    phase_ = Phase::kRegister;
    asked_ = now();
    return send(publish_packet(kRegisterId, register_topic_, register_request(*token, name_)));
  }
  if (phase_ == Phase::kRegister && message.topic == register_topic_ + "/accepted") {
    sample_.registration = answered - asked_;
    if (!text_of(message.payload, "thingName")) return fail("an answer without a thing");
    return finish();
  }
  fail("rejected: " + text_of(message.payload, "errorCode").value_or("?"));
}

void Provisioning::finish() {
  send(disconnect_packet());
  if (phase_ == Phase::kDone) return;
  SSL_shutdown(tls_.get());
  ERR_clear_error();
  sample_.total = now() - began_;
  phase_ = Phase::kDone;
}

void Provisioning::fail(const std::string& why) {
  sample_.failure = why;
  sample_.total = now() - began_;
  phase_ = Phase::kDone;
}

}  // namespace fleet_provision::load
