// Keys, CSRs and certificates as readable text with an end mark, so that torn text does not parse.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

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

/// One token and one TPM. They survive a power cut as devices do: what was made stays made, whatever the disk forgets.
struct FakeKeyDevices {
  struct TokenKey {
    std::string label;
    std::string public_key_sha256;
  };
  /// By CKA_ID.
  std::map<std::string, TokenKey> token;
  /// Public keys by persistent handle.
  std::map<std::uint32_t, std::string> handles;
  /// Called before and after each change of a device; may throw.
  std::function<void()> around;
  /// Every use of a device fails with this.
  std::optional<Error> error;
  /// The number of uses.
  unsigned uses = 0;

  [[nodiscard]] Result<void> use();
  [[nodiscard]] bool holds(const std::string& public_key_sha256) const;
};

class FakeKeysmith final : public Keysmith {
 public:
  Result<DeviceKey> make_key(const MakeKey& wanted) override;
  Result<KeyLocation> plan_key(const MakeKey& wanted, const std::vector<KeyLocation>& own) override;
  Result<DeviceKey> make_planned_key(const KeyLocation& planned, KeyType type) override;
  Result<void> settle_key(const DeviceKey& key) override;
  Result<void> destroy_key(const KeyLocation& location, const std::string& public_key_sha256) override;
  std::vector<KeyStoreFinding> examine_store(const MakeKey& wanted, const std::vector<KeyLocation>& own) override;
  Result<DeviceKey> read_key(const Secret& pem) override;
  Result<DeviceKey> open_key(const std::string& reference) override;
  Result<Csr> open_csr(const std::string& file) override;
  Result<Csr> make_csr(const DeviceKey& key, const std::string& subject) override;
  Result<CertificateFacts> read_certificate(std::string_view pem) override;
  std::string sha256_hex(std::string_view bytes) override { return fake_digest(bytes); }
  std::string random_bytes(std::size_t count) override;

  /// Advances with each key and each call of random_bytes.
  [[nodiscard]] std::uint64_t random_drawn() const { return random_; }

  /// Files that open_key and open_csr find.
  std::map<std::string, std::string> files;
  unsigned keys_made = 0;
  /// The keys made: their public keys and PEMs, which are empty for a key in the token.
  struct Made {
    std::string public_key_sha256;
    std::string pem;
  };
  std::vector<Made> made;
  FakeKeyDevices devices;
  std::vector<KeyStoreFinding> findings;
  /// The number of keys and certificates read.
  unsigned parsed = 0;

 private:
  std::uint64_t random_ = 1;
};

}  // namespace fleet_provision::fakes
