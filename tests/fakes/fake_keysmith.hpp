// Keys, CSRs and certificates as readable text with an end mark, so that torn text does not parse.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ports/keysmith.hpp"

namespace fleet_provision::fakes {

/// 64 hex digits that depend on every byte; no cryptography.
[[nodiscard]] std::string fake_digest(std::string_view bytes);
[[nodiscard]] std::string fake_key_pem(const std::string& name);
/// A certificate for the key with that fingerprint.
[[nodiscard]] std::string fake_certificate(const std::string& public_key_sha256, const std::string& serial,
                                           WallTime not_before = *parse_rfc3339("2020-01-01T00:00:00Z"),
                                           WallTime not_after = *parse_rfc3339("2049-12-31T23:59:59Z"));
/// The fingerprint of the key that signed a CSR; empty if the text is not a CSR.
[[nodiscard]] std::string fake_csr_key(std::string_view csr_pem);

class FakeKeysmith final : public Keysmith {
 public:
  Result<DeviceKey> make_key(const MakeKey& wanted) override;
  Result<DeviceKey> read_key(const Secret& pem) override;
  Result<DeviceKey> open_key(const std::string& reference) override;
  Result<Csr> open_csr(const std::string& file) override;
  Result<Csr> make_csr(const DeviceKey& key, const std::string& subject) override;
  Result<CertificateFacts> read_certificate(std::string_view pem) override;
  std::string sha256_hex(std::string_view bytes) override { return fake_digest(bytes); }
  std::string random_bytes(std::size_t count) override;

  /// Files that open_key and open_csr find.
  std::map<std::string, std::string> files;
  unsigned keys_made = 0;
  /// The number of keys and certificates read.
  unsigned parsed = 0;

 private:
  std::uint64_t random_ = 1;
};

}  // namespace fleet_provision::fakes
