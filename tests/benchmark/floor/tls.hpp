// One TLS connection straight on OpenSSL, with blocking sockets.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision::floor {

struct Service {
  std::string host;
  std::string port;
  std::string ca_file;
  std::string claim_certificate;
  std::string claim_key;
  std::string template_name;
};

class Tls {
 public:
  /// Resolves, connects, shakes hands: the server's chain and name are checked. Throws.
  explicit Tls(const Service& service);

  void write(std::string_view bytes);
  /// What there is, at least one byte. Throws when the connection ends.
  std::string read();
  /// close_notify, without waiting for the other side's.
  void close();

 private:
  Descriptor socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

}  // namespace fleet_provision::floor
