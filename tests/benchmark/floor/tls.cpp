#include "tests/benchmark/floor/tls.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/benchmark/floor/failure.hpp"

namespace fleet_provision::floor {
namespace {

void require_tls(bool good, const char* what) {
  if (good) return;
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  fail(std::string(what) + ": " + (why != nullptr ? why : "unknown"));
}

SSL_CTX* make_context(const Service& service) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  require_tls(context != nullptr, "TLS");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  require_tls(SSL_CTX_load_verify_file(context, service.ca_file.c_str()) == 1, "roots");
  require_tls(SSL_CTX_use_certificate_chain_file(context, service.claim_certificate.c_str()) == 1, "claim certificate");
  require_tls(SSL_CTX_use_PrivateKey_file(context, service.claim_key.c_str(), SSL_FILETYPE_PEM) == 1, "claim key");
  return context;
}

/// A connection that may still be on its way.
Descriptor begin_connecting(const Service& service) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(service.host.c_str(), service.port.c_str(), &hints, &found);
  if (failed != 0) fail("name resolution: " + std::string(::gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Descriptor socket(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol));
    if (!socket) continue;
    if (::connect(socket.get(), each->ai_addr, each->ai_addrlen) != 0 && errno != EINPROGRESS) continue;
    // This machine refuses at once, ::1 for a service on 127.0.0.1 for example.
    pollfd refused{socket.get(), 0, 0};
    if (::poll(&refused, 1, 0) == 0) return socket;
  }
  fail("no address of the service answers");
}

void finish_connecting(int socket) {
  pollfd connected{socket, POLLOUT, 0};
  called(::poll(&connected, 1, -1), "poll");
  int why = 0;
  socklen_t size = sizeof why;
  called(::getsockopt(socket, SOL_SOCKET, SO_ERROR, &why, &size), "SO_ERROR");
  if (why != 0) fail(std::string("connect: ") + std::strerror(why));
  const int yes = 1;
  called(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
  called(::fcntl(socket, F_SETFL, 0), "blocking");
}

}  // namespace

// Keys and roots are read while the SYN travels.
Tls::Tls(const Service& service) : socket_(begin_connecting(service)), context_(make_context(service), SSL_CTX_free) {
  finish_connecting(socket_.get());
  ssl_.reset(SSL_new(context_.get()));
  require_tls(ssl_ != nullptr && SSL_set_tlsext_host_name(ssl_.get(), service.host.c_str()) == 1 &&
                  SSL_set1_host(ssl_.get(), service.host.c_str()) == 1 && SSL_set_fd(ssl_.get(), socket_.get()) == 1,
              "TLS");
  require_tls(SSL_connect(ssl_.get()) == 1, "TLS handshake");
}

void Tls::write(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  require_tls(SSL_write(ssl_.get(), bytes.data(), size) == size, "write");
}

std::string Tls::read() {
  std::string bytes(16 * std::size_t{1024}, '\0');
  const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  require_tls(size > 0, "read");
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

void Tls::close() {
  SSL_shutdown(ssl_.get());
  socket_.reset();
}

}  // namespace fleet_provision::floor
