#include "tests/fakes/scripted_broker.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/support/loopback.hpp"

namespace fleet_provision::test {
namespace {

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("scripted broker: ") + what);
}

BIO* memory(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
                void* wanted) {
  const auto& name = *static_cast<const std::string*>(wanted);
  for (unsigned i = 0; i < in_size; i += in[i] + 1U) {
    if (std::string_view(reinterpret_cast<const char*>(in) + i + 1, in[i]) != name) continue;
    *out = in + i + 1;
    *size = in[i];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void trust_clients(SSL_CTX* context, const std::string& root_pem) {
  BIO* bio = memory(root_pem);
  X509* root = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  require(root != nullptr, "client root");
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
  X509_free(root);
  BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

SSL_CTX* make_context(const BrokerOptions& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* certificate_bio = memory(options.server.certificate);
  BIO* key_bio = memory(options.server.key);
  X509* certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  require(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1,
          "server certificate");
  while (X509* above = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr)) {
    SSL_CTX_add0_chain_cert(context, above);
  }
  ERR_clear_error();
  X509_free(certificate);
  EVP_PKEY_free(key);
  BIO_free(certificate_bio);
  BIO_free(key_bio);
  if (options.tls_version != 0) {
    SSL_CTX_set_min_proto_version(context, options.tls_version);
    SSL_CTX_set_max_proto_version(context, options.tls_version);
  }
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context, options.ciphers.c_str());
  if (!options.client_root.empty()) trust_clients(context, options.client_root);
  return context;
}

std::string length_of(std::size_t size) {
  std::string text;
  do {
    const auto part = static_cast<unsigned char>(size % 128);
    size /= 128;
    text += static_cast<char>(size > 0 ? part | 0x80 : part);
  } while (size > 0);
  return text;
}

std::string two_bytes(std::size_t value) {
  return {static_cast<char>((value >> 8) & 0xFF), static_cast<char>(value & 0xFF)};
}

/// Reads at `at` the number that `two_bytes` wrote.
std::size_t length_at(const std::string& body, std::size_t at) {
  return static_cast<unsigned char>(body.at(at)) * 256U + static_cast<unsigned char>(body.at(at + 1));
}

std::string packet_of(int first_byte, const std::string& body) {
  return std::string(1, static_cast<char>(first_byte)) + length_of(body.size()) + body;
}

std::string body_of(const std::string& packet) {
  std::size_t i = 1;
  while ((static_cast<unsigned char>(packet[i]) & 0x80) != 0) ++i;
  return packet.substr(i + 1);
}

}  // namespace

BrokerConnection::~BrokerConnection() {
  if (ssl_ != nullptr) {
    if (socket_ >= 0) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  if (socket_ >= 0) ::close(socket_);
  ERR_clear_error();
}

bool BrokerConnection::shake_hands() {
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  const bool good = SSL_accept(ssl_) == 1;
  ERR_clear_error();
  return good;
}

bool BrokerConnection::read_exactly(char* bytes, std::size_t size) {
  while (size > 0) {
    const int count = SSL_read(ssl_, bytes, static_cast<int>(size));
    ERR_clear_error();
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

std::string BrokerConnection::packet() {
  std::string packet(1, '\0');
  if (!read_exactly(packet.data(), 1)) return {};
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    char part = 0;
    if (!read_exactly(&part, 1)) return {};
    packet += part;
    size |= (static_cast<std::size_t>(part) & 0x7F) << shift;
    if ((static_cast<unsigned char>(part) & 0x80) == 0) break;
  }
  const std::size_t header = packet.size();
  packet.resize(header + size);
  return read_exactly(packet.data() + header, size) ? packet : std::string();
}

void BrokerConnection::send(std::string_view bytes) {
  if (!bytes.empty()) try_send(bytes);
}

bool BrokerConnection::try_send(std::string_view bytes) {
  const bool sent = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  ERR_clear_error();
  return sent;
}

std::string BrokerConnection::read_plain() {
  char bytes[4096];
  const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
  return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
}

void BrokerConnection::send_plain(std::string_view bytes) {
  try_send_plain(bytes);
}

bool BrokerConnection::try_send_plain(std::string_view bytes) {
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void BrokerConnection::wait_for_close() {
  char bytes[4096];
  while (::recv(socket_, bytes, sizeof bytes, 0) > 0) {
  }
}

void BrokerConnection::cut(bool reset) {
  if (reset) {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(socket_);
  socket_ = -1;
}

std::string BrokerConnection::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

ScriptedBroker::ScriptedBroker(const BrokerOptions& options, Script script)
    : script_(std::move(script)), alpn_(options.alpn) {
  ::signal(SIGPIPE, SIG_IGN);
  context_ = make_context(options);
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(context_, choose_alpn, &alpn_);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback();
  socklen_t size = sizeof address;
  require(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 64) == 0,
          "listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

ScriptedBroker::~ScriptedBroker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (client_ >= 0) ::shutdown(client_, SHUT_RDWR);
  }
  thread_.join();
  ::close(listener_);
  SSL_CTX_free(context_);
}

void ScriptedBroker::run() {
  while (true) {
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return;
    const int on = 1;
    ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A duplicate descriptor for shutting the connection down, because that of the connection may be closed and its
    // number reused.
    const int handle = ::fcntl(accepted, F_DUPFD_CLOEXEC, 0);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        ::close(accepted);
        ::close(handle);
        return;
      }
      client_ = handle;
    }
    ++connections_;
    {
      BrokerConnection connection(accepted, context_);
      script_(connection);
    }
    const std::lock_guard lock(mutex_);
    client_ = -1;
    ::close(handle);
  }
}

std::string connack(bool v5, int code) {
  return packet_of(0x20, std::string(1, '\0') + static_cast<char>(code) + (v5 ? std::string(1, '\0') : ""));
}

std::string suback(bool v5, const std::string& subscribe, const std::vector<int>& codes) {
  std::string body = body_of(subscribe).substr(0, 2) + (v5 ? std::string(1, '\0') : "");
  for (const int code : codes) body += static_cast<char>(code);
  return packet_of(0x90, body);
}

std::string granting_suback(bool v5, const std::string& subscribe) {
  std::size_t filters = 0;
  const std::string body = body_of(subscribe);
  for (std::size_t i = v5 ? 3 : 2; i < body.size(); ++filters) {
    i += 3U + length_at(body, i);
  }
  return suback(v5, subscribe, std::vector<int>(filters, 1));
}

std::string puback(bool v5, const std::string& publish, int code) {
  const std::string body = body_of(publish);
  const std::size_t topic = length_at(body, 0);
  return packet_of(0x40, body.substr(2 + topic, 2) + (v5 && code != 0 ? std::string(1, static_cast<char>(code)) : ""));
}

std::string publish(bool v5, const std::string& topic, const std::string& payload, int id) {
  std::string body = two_bytes(topic.size()) + topic;
  if (id != 0) body += two_bytes(static_cast<std::size_t>(id));
  if (v5) body += '\0';
  return packet_of(id != 0 ? 0x32 : 0x30, body + payload);
}

std::string disconnect(int code) {
  return packet_of(0xE0, std::string(1, static_cast<char>(code)));
}

std::string topic_of(const std::string& publish) {
  const std::string body = body_of(publish);
  const std::size_t size = length_at(body, 0);
  return body.substr(2, size);
}

std::string payload_of(bool v5, const std::string& publish) {
  const std::string body = body_of(publish);
  const std::size_t topic = 2 + topic_of(publish).size();
  const bool has_id = (static_cast<unsigned char>(publish[0]) & 0x06) != 0;
  std::size_t at = topic + (has_id ? 2 : 0);
  if (v5) at += 1U + static_cast<unsigned char>(body.at(at));
  return body.substr(at);
}

int type_of(const std::string& packet) {
  return packet.empty() ? 0 : static_cast<unsigned char>(packet[0]) >> 4;
}

bool is_v5(const std::string& connect) {
  return body_of(connect).at(6) == 5;
}

void serve(BrokerConnection& connection) {
  if (!connection.shake_hands()) return;
  bool v5 = false;
  for (std::string packet = connection.packet(); !packet.empty(); packet = connection.packet()) {
    const int type = type_of(packet);
    if (type == 1) {
      v5 = is_v5(packet);
      connection.send(connack(v5));
    } else if (type == 8) {
      connection.send(granting_suback(v5, packet));
    } else if (type == 3) {
      connection.send(puback(v5, packet));
      connection.send(publish(v5, topic_of(packet) + "/accepted", "{}", 7));
    } else if (type == 14) {
      return;
    }
  }
}

}  // namespace fleet_provision::test
