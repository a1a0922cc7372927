// Issues device certificates with OpenSSL, like those of the service (docs/service.md, "The certificate it issues").
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "service/issuer.hpp"

namespace fleet_provision::simulator {

/// Reads the issuer's certificate and key from PEM files. kFileNotFound, kFileUnreadable.
[[nodiscard]] Result<std::unique_ptr<Issuer>> open_issuer(const std::string& certificate_file,
                                                          const std::string& key_file);

/// What identifies a client certificate.
struct PeerCertificate {
  std::string id;
  /// `iot:Certificate.…` (pki/certificate_variables.hpp).
  std::map<std::string, std::string> variables;
};
/// Takes ownership of an X509*, as the broker gives it. All empty for nullptr.
[[nodiscard]] PeerCertificate take_peer_certificate(void* x509);

}  // namespace fleet_provision::simulator
