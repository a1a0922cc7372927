// Keys, CSRs and certificates by OpenSSL. Never prompts on a terminal; leaves OpenSSL's error queue empty.
#pragma once

#include <string>

#include "adapters/keys/openssl_handles.hpp"
#include "adapters/system/interrupt.hpp"
#include "core/mutex.hpp"
#include "ports/keysmith.hpp"

namespace fleet_provision {

/// May be used from several threads at once. A run reads the same key and certificate several times, and with OpenSSL 3
/// parsing one takes as long as a signature, so the object caches the last key and the last certificate by their PEM.
class OpensslKeysmith : public Keysmith {
 public:
  /// `interrupt` aborts the generation of a key (kInterrupted, kTerminated) and outlives this object.
  explicit OpensslKeysmith(const Interrupt& interrupt) : interrupt_(interrupt) {}

  [[nodiscard]] Result<DeviceKey> make_key(const MakeKey& wanted) override;
  [[nodiscard]] Result<DeviceKey> read_key(const Secret& pem) override;
  /// Returns the key of a PEM file as PKCS#8, whatever form the file has.
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
    OpensslHandle<evp_pkey_st> key;
    DeviceKey facts;
  };

  [[nodiscard]] Result<DeviceKey> remember(OpensslHandle<evp_pkey_st> key);
  /// `key`, which has a PEM, as OpenSSL's object.
  [[nodiscard]] Result<OpensslHandle<evp_pkey_st>> private_half_of(const DeviceKey& key);

  const Interrupt& interrupt_;
  Mutex mutex_;
  ReadKey last_key_ FP_GUARDED_BY(mutex_);
  CertificateFacts last_certificate_ FP_GUARDED_BY(mutex_);
};

}  // namespace fleet_provision
