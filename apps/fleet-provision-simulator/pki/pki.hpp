// The simulator's PKI, kept in one directory across runs.
//
// root            signs the server's certificate and the claim; clients trust it (`ca.pem`)
// server          made anew at each start, because its names may change
// claim           the bootstrap identity that devices share
// device issuer   RSA-2048, named like the service's; signs what CreateCertificate… issues
//
// All but the device issuer are P-256, so that a new PKI costs little more than one RSA key.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// Paths and facts of a PKI that is there.
struct Pki {
  std::string root_certificate;
  std::string server_certificate;
  std::string server_key;
  std::string claim_certificate;
  std::string claim_key;
  std::string device_issuer_certificate;
  std::string device_issuer_key;
  /// What the broker trusts: root and device issuer.
  std::string client_trust;
  /// SHA-256 over the DER.
  std::string claim_certificate_id;
};

/// Makes what is missing in `directory`. `names` are DNS names and addresses for the server's certificate.
[[nodiscard]] Result<Pki> prepare_pki(const std::string& directory, const std::vector<std::string>& names);

}  // namespace fleet_provision::simulator
