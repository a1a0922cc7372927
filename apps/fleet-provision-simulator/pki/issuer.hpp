// The device issuer: certificates like the service's (docs/service.md, "The certificate it issues"), by OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "service/issuer.hpp"

namespace fleet_provision::simulator {

/// Reads the issuer's certificate and key from PEM files; kFileUnreadable.
[[nodiscard]] Result<std::unique_ptr<Issuer>> open_issuer(const std::string& certificate_file,
                                                          const std::string& key_file);

/// Facts of a certificate that a client showed. Takes over an X509* as the broker gives it (null: all empty).
struct PeerCertificate {
  std::string id;
  std::string common_name;
};
[[nodiscard]] PeerCertificate take_peer_certificate(void* x509);

}  // namespace fleet_provision::simulator
