// The Transport port over Paho MQTT C++, with TLS by OpenSSL below it (docs/architecture.md, "TLS, MQTT, threads").
#pragma once

#include <memory>
#include <optional>

#include "adapters/keys/key_devices.hpp"
#include "adapters/network/connection_options.hpp"
#include "adapters/network/tls_credentials.hpp"
#include "adapters/system/interrupt.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

/// `http_proxy` and `MQTT_C_CLIENT_TRACE` must be removed from the environment before the first connection: Paho uses
/// the proxy even for 127.0.0.1, and its trace prints payloads.
class PahoTransport : public Transport {
 public:
  /// `interrupt` and `observer` outlive the transport and its sessions. `devices` hold the keys that are in no file; a
  /// run shares them with its keysmith.
  PahoTransport(ConnectionOptions options, const Interrupt& interrupt, Observer& observer,
                std::shared_ptr<KeyDevices> devices = std::make_shared<KeyDevices>());
  ~PahoTransport() override;

  [[nodiscard]] Result<CertificateFacts> load_credentials() override;
  /// As `load_credentials`, with PEM that was already read.
  [[nodiscard]] Result<CertificateFacts> use_credentials(const PemCredentials& pem);
  [[nodiscard]] Result<ClaimProof> prove_claim() override;
  [[nodiscard]] Result<void> load_roots() override;
  [[nodiscard]] Result<void> use_identity(const IssuedCredentials& issued) override;
  [[nodiscard]] std::unique_ptr<Session> connect(const ConnectRequest& request) override;
  void forget_credentials() override;

 private:
  ConnectionOptions options_;
  TrustedRoots roots_;
  const Interrupt& interrupt_;
  Observer& observer_;
  const std::shared_ptr<KeyDevices> devices_;
  std::optional<TlsCredentials> credentials_;
};

}  // namespace fleet_provision
