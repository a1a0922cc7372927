// The simulator's PKI, kept in one directory across runs.
//
// root            signs the server certificate and the claim; clients trust it (`ca.pem`)
// server          created at each start, because its names may change
// claim           the certificate that all gateways share: for a key that is made here or for the key of a CSR, and
//                 permanent or temporary; a temporary one is created at each start
// device issuer   RSA-2048, named like the service's; signs device certificates
//
// All but the device issuer have P-256 keys, which take far less time to generate than RSA keys.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// The files of a PKI.
struct Pki {
  std::string root_certificate;
  std::string server_certificate;
  std::string server_key;
  std::string claim_certificate;
  /// Empty when the claim was issued for the key of a CSR.
  std::string claim_key;
  /// The claim as `aws iot create-provisioning-claim` prints it.
  std::string claim_document;
  std::string device_issuer_certificate;
  std::string device_issuer_key;
  /// The CAs that the broker trusts: root and device issuer.
  std::string client_trust;
  /// SHA-256 over the DER, in hex.
  std::string claim_certificate_id;
  /// When a temporary claim expires, in whole seconds.
  std::optional<std::chrono::system_clock::time_point> claim_expires;
};

/// What the command line says about the claim.
struct ClaimSettings {
  /// A CSR in PEM whose key the claim gets (`--claim-csr`); empty: a key that is made here.
  std::string csr;
  /// Absent: the claim is not temporary (`--claim-lifetime`).
  std::optional<std::chrono::seconds> lifetime;
};

/// kCsrUnusable when `text`, the content of `file`, is not a CSR that the service would accept.
[[nodiscard]] Result<void> check_claim_csr(const std::string& file, std::string_view text);

/// Creates what is missing in `directory`, and a new claim when the one there does not fit `claim`. `names` are host
/// names and IP addresses for the server certificate. kStateNotWritable, kFileUnreadable, kCsrUnusable, kInternal.
[[nodiscard]] Result<Pki> prepare_pki(const std::string& directory, const std::vector<std::string>& names,
                                      const ClaimSettings& claim = {});

}  // namespace fleet_provision::simulator
