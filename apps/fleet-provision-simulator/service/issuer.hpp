// What the model needs of a cryptographic library. The real one is issuer.cpp beside the PKI; tests use a fake.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "service/refusal.hpp"

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

/// How a certificate may be made wrong on purpose.
struct IssueFaults {
  /// For a key that nobody has.
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

  /// Refuses a text that is no CSR, a wrong signature, and keys the service does not take.
  [[nodiscard]] virtual Granted<IssuedCertificate> issue_for_csr(std::string_view csr_pem,
                                                                 const IssueFaults& faults) = 0;
  /// Whether a key is at hand for `issue_with_keys`. If not, one is begun, and that call would wait for its own.
  [[nodiscard]] virtual bool keys_ready() = 0;
  /// RSA-2048.
  [[nodiscard]] virtual Granted<IssuedKeys> issue_with_keys(const IssueFaults& faults) = 0;
  /// 64 lower-case hex digits.
  [[nodiscard]] virtual std::string sha256_hex(std::string_view bytes) = 0;
  /// `digits` random lower-case hex digits.
  [[nodiscard]] virtual std::string random_hex(std::size_t digits) = 0;
};

}  // namespace fleet_provision::simulator
