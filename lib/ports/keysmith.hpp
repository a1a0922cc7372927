// The operations that need a cryptographic library: keys, CSRs, certificates, digests, random numbers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/identity.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// A certificate signing request and the fingerprint of the key it was signed with.
struct Csr {
  std::string pem;
  std::string public_key_sha256;
};

class Keysmith {
 public:
  Keysmith() = default;
  Keysmith(const Keysmith&) = delete;
  Keysmith& operator=(const Keysmith&) = delete;
  virtual ~Keysmith() = default;

  [[nodiscard]] virtual Result<DeviceKey> make_key(KeyType type) = 0;
  /// An unencrypted private key in PEM, for example a stored one or one of the service; kDeviceKeyUnusable.
  [[nodiscard]] virtual Result<DeviceKey> read_key(const Secret& pem) = 0;
  /// A key that the user named: a PEM file, whose PEM is copied, or a URI (kUsage if keys in hardware are not
  /// supported); kFileNotFound, kFileUnreadable, kDeviceKeyUnusable.
  [[nodiscard]] virtual Result<DeviceKey> open_key(const std::string& reference) = 0;
  /// A CSR file that the user named, with its signature verified; kFileNotFound, kFileUnreadable, kCsrUnusable.
  [[nodiscard]] virtual Result<Csr> open_csr(const std::string& file) = 0;
  /// PKCS#10 (RFC 2986) in PEM, signed with SHA-256. `subject` is the option's text, `CN=gateway-1,O=Example`.
  [[nodiscard]] virtual Result<Csr> make_csr(const DeviceKey& key, const std::string& subject) = 0;
  /// Exactly one certificate in PEM; CRLF, text around it and a missing final line end are accepted; `pem` of the
  /// result is the certificate without them. kIssuedCertificateUnusable.
  [[nodiscard]] virtual Result<CertificateFacts> read_certificate(std::string_view pem) = 0;
  /// 64 lower-case hex digits.
  [[nodiscard]] virtual std::string sha256_hex(std::string_view bytes) = 0;
  /// `count` bytes from the system's random number generator.
  [[nodiscard]] virtual std::string random_bytes(std::size_t count) = 0;
  /// Wipes cached keys; called before a program of the user runs.
  virtual void forget_keys() {}
};

}  // namespace fleet_provision
