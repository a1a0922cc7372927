// The cryptography that the model needs. pki/issuer.hpp implements it with OpenSSL; the tests have a fake.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "service/rejection.hpp"

namespace fleet_provision::simulator {

struct IssuedCertificate {
  /// SHA-256 over the DER in 64 lower-case hex digits (docs/service.md, "The certificate it issues").
  std::string id;
  std::string pem;
};

struct IssuedKeys {
  IssuedCertificate certificate;
  /// PKCS#1, as the service sends it.
  std::string private_key_pem;
};

/// What faults make wrong with a certificate.
struct IssueFaults {
  /// Issued for a key that is thrown away.
  bool other_key = false;
  bool expired = false;
  bool not_yet_valid = false;
};

class Issuer {
 public:
  Issuer() = default;
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;
  virtual ~Issuer() = default;

  /// Rejects what is not a PEM CSR, a wrong signature, and keys that the service does not accept (docs/service.md,
  /// "Limits").
  [[nodiscard]] virtual Accepted<IssuedCertificate> issue_for_csr(std::string_view csr_pem,
                                                                  const IssueFaults& faults) = 0;
  /// Whether `issue_with_keys` has a key without waiting. If not, this call starts to generate one.
  [[nodiscard]] virtual bool keys_ready() = 0;
  /// Generates an RSA-2048 key pair, or takes the one that is ready.
  [[nodiscard]] virtual Accepted<IssuedKeys> issue_with_keys(const IssueFaults& faults) = 0;
  /// 64 lower-case hex digits.
  [[nodiscard]] virtual std::string sha256_hex(std::string_view bytes) = 0;
  /// `digits` random lower-case hex digits.
  [[nodiscard]] virtual std::string random_hex(std::size_t digits) = 0;
};

}  // namespace fleet_provision::simulator
