// The operations that need a cryptographic library: keys, CSRs, certificates, digests, random numbers.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

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

/// What `check` reports about one aspect of a key store: `key-device`, `key-pin`, `key-room`, `key-type`.
struct KeyStoreFinding {
  std::string name;
  Result<std::string> result;
  std::chrono::duration<double, std::milli> took{0};
};

class Keysmith {
 public:
  Keysmith() = default;
  Keysmith(const Keysmith&) = delete;
  Keysmith& operator=(const Keysmith&) = delete;
  virtual ~Keysmith() = default;

  /// A new key in a file or in the TPM. A key for a handle is made with the
  /// location TpmHandle and its wrapped form in `pem`; settle_key then makes it persistent. Not for a TokenStore: a
  /// token keeps what it makes, so its keys are planned first (plan_key). Errors of the device: see KeyDevices.
  [[nodiscard]] virtual Result<DeviceKey> make_key(const MakeKey& wanted) = 0;
  /// Chooses label and random ID of a new key in the token of `wanted`, and checks that token, PIN and key type fit;
  /// makes nothing. `own` are the keys of identity/ and previous/: beside them the label gets a number, while any other
  /// key with the label is kKeyExists.
  [[nodiscard]] virtual Result<KeyLocation> plan_key(const MakeKey& wanted, const std::vector<KeyLocation>& own);
  /// The key that plan_key planned: the one that a killed run made, or a new one. A half-made key is replaced.
  [[nodiscard]] virtual Result<DeviceKey> make_planned_key(const KeyLocation& planned, KeyType type);
  /// Makes a key for a TPM handle persistent at it; does nothing if it is, or for any other key. kTpmHandleOccupied.
  [[nodiscard]] virtual Result<void> settle_key(const DeviceKey& key);
  /// Destroys a key that this program made in a token or at a handle; a key that is not there, or whose public key has
  /// another digest than `public_key_sha256` (empty: not compared), is left alone. Does nothing for files.
  [[nodiscard]] virtual Result<void> destroy_key(const KeyLocation& location, const std::string& public_key_sha256);
  /// For `check`: one finding per subject (device, PIN, room, key type), in this order, ending with the first failure.
  /// `own` as in plan_key. Makes nothing. Empty for a FileStore.
  [[nodiscard]] virtual std::vector<KeyStoreFinding> examine_store(const MakeKey& wanted,
                                                                   const std::vector<KeyLocation>& own);
  /// A private key in PEM, for example a stored one or one of the service. For a key that a TPM wrapped, its public
  /// part is read without the TPM. kDeviceKeyUnusable.
  [[nodiscard]] virtual Result<DeviceKey> read_key(const Secret& pem) = 0;
  /// A key that the user named: a PEM file, whose PEM is copied, or the URI of a key in a TPM or token. kFileNotFound,
  /// kFileUnreadable, kDeviceKeyUnusable, kKeyUri, errors of the device (KeyDevices).
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

inline Result<KeyLocation> Keysmith::plan_key(const MakeKey& /*wanted*/, const std::vector<KeyLocation>& /*own*/) {
  return fail(ErrorKind::kInternal, "this keysmith makes no keys in tokens");
}
inline Result<DeviceKey> Keysmith::make_planned_key(const KeyLocation& /*planned*/, KeyType /*type*/) {
  return fail(ErrorKind::kInternal, "this keysmith makes no keys in tokens");
}
inline Result<void> Keysmith::settle_key(const DeviceKey& /*key*/) {
  return {};
}
inline Result<void> Keysmith::destroy_key(const KeyLocation& /*location*/, const std::string& /*public_key_sha256*/) {
  return {};
}
inline std::vector<KeyStoreFinding> Keysmith::examine_store(const MakeKey& /*wanted*/,
                                                            const std::vector<KeyLocation>& /*own*/) {
  return {};
}

}  // namespace fleet_provision
