// Keys, CSRs and certificates by OpenSSL; keys in a TPM or token by KeyDevices. Never prompts on a terminal; leaves
// OpenSSL's error queue empty.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/key_devices.hpp"
#include "adapters/keys/openssl_handles.hpp"
#include "adapters/system/interrupt.hpp"
#include "core/mutex.hpp"
#include "ports/keysmith.hpp"

namespace fleet_provision {

/// May be used from several threads at once. A run reads the same key and certificate several times, and with OpenSSL 3
/// parsing one takes as long as a signature, so the object caches the last key and the last certificate.
class OpensslKeysmith : public Keysmith {
 public:
  /// `interrupt` aborts the generation of a key (kInterrupted, kTerminated) and outlives this object. `devices` hold
  /// the keys that are in no file; a run shares them with its transport.
  explicit OpensslKeysmith(const Interrupt& interrupt,
                           std::shared_ptr<KeyDevices> devices = std::make_shared<KeyDevices>())
      : interrupt_(interrupt), devices_(std::move(devices)) {}

  [[nodiscard]] Result<DeviceKey> make_key(const MakeKey& wanted) override;
  [[nodiscard]] Result<KeyLocation> plan_key(const MakeKey& wanted, const std::vector<KeyLocation>& own) override;
  [[nodiscard]] Result<DeviceKey> make_planned_key(const KeyLocation& planned, KeyType type) override;
  [[nodiscard]] Result<void> settle_key(const DeviceKey& key) override;
  [[nodiscard]] Result<void> destroy_key(const KeyLocation& location, const std::string& public_key_sha256) override;
  [[nodiscard]] std::vector<KeyStoreFinding> examine_store(const MakeKey& wanted,
                                                           const std::vector<KeyLocation>& own) override;
  [[nodiscard]] Result<DeviceKey> read_key(const Secret& pem) override;
  /// Returns the key of a PEM file as PKCS#8, whatever form the file has; a key that a TPM wrapped as it is.
  [[nodiscard]] Result<DeviceKey> open_key(const std::string& reference) override;
  /// Returns the CSR with the label CERTIFICATE REQUEST, without the text around it.
  [[nodiscard]] Result<Csr> open_csr(const std::string& file) override;
  /// `subject` has the form of RFC 4514: its last part is the first in the certificate request, and `openssl req
  /// -nameopt RFC2253` prints it as given. kUsage for a subject that cannot be encoded.
  [[nodiscard]] Result<Csr> make_csr(const DeviceKey& key, const std::string& subject) override;
  [[nodiscard]] Result<CertificateFacts> read_certificate(std::string_view pem) override;
  [[nodiscard]] std::string sha256_hex(std::string_view bytes) override;
  [[nodiscard]] std::string random_bytes(std::size_t count) override;
  void forget_keys() override;

 private:
  struct ReadKey {
    /// The key of a wrapped PEM that was only read is null.
    LoadedKey key;
    DeviceKey facts;
  };

  [[nodiscard]] Result<DeviceKey> make_in_software(KeyType type);
  /// `handle` is where the key will be made persistent, if anywhere.
  [[nodiscard]] Result<DeviceKey> make_in_tpm(KeyType type, std::optional<std::uint32_t> handle);
  /// Whatever the TPM would say of the key: its public part is read without it.
  [[nodiscard]] Result<DeviceKey> read_wrapped(const Secret& pem);
  [[nodiscard]] Result<DeviceKey> remember(OpensslHandle<evp_pkey_st> key);
  [[nodiscard]] Result<DeviceKey> remember_external(LoadedKey key, DeviceKey facts, const std::string& name);
  void cache(LoadedKey key, const DeviceKey& facts);
  /// `key` as OpenSSL's object, from its PEM or from its device.
  [[nodiscard]] Result<LoadedKey> load(const DeviceKey& key);

  const Interrupt& interrupt_;
  const std::shared_ptr<KeyDevices> devices_;
  Mutex mutex_;
  ReadKey last_key_ FP_GUARDED_BY(mutex_);
  CertificateFacts last_certificate_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
