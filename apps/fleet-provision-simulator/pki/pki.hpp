// The simulator's PKI, kept in one directory across runs.
//
// root            signs the server certificate and the claim; clients trust it (`ca.pem`)
// server          created at each start, because its names may change
// claim           the certificate that all gateways share
// device issuer   RSA-2048, named like the service's; signs device certificates
//
// All but the device issuer have P-256 keys, which take far less time to generate than RSA keys.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// The files of a PKI.
struct Pki {
  std::string root_certificate;
  std::string server_certificate;
  std::string server_key;
  std::string claim_certificate;
  std::string claim_key;
  std::string device_issuer_certificate;
  std::string device_issuer_key;
  /// The CAs that the broker trusts: root and device issuer.
  std::string client_trust;
  /// SHA-256 over the DER, in hex.
  std::string claim_certificate_id;
};

/// Creates what is missing in `directory`. `names` are host names and IP addresses for the server certificate.
/// kStateNotWritable, kFileUnreadable, kInternal.
[[nodiscard]] Result<Pki> prepare_pki(const std::string& directory, const std::vector<std::string>& names);

}  // namespace fleet_provision::simulator
