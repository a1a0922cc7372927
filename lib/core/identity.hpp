// Facts of a certificate, of a key and of an identity, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/key_location.hpp"
#include "core/plan.hpp"
#include "core/secret.hpp"
#include "core/wall_time.hpp"

namespace fleet_provision {

/// The facts of a certificate. Fingerprints are 64 lower-case hex digits.
struct CertificateFacts {
  /// SHA-256 over the DER.
  std::string fingerprint;
  /// SHA-256 over the DER of the SubjectPublicKeyInfo, an EC point uncompressed: equal for a key, its CSR and its
  /// certificate.
  std::string public_key_sha256;
  /// In the form of `openssl x509 -nameopt RFC2253`; printable.
  std::string subject;
  std::string issuer;
  WallTime not_before;
  WallTime not_after;
  /// The certificate alone in PEM, encoded again; set only by Keysmith::read_certificate.
  std::string pem = {};
};

/// The file of a private key, in the directory of its identity.
inline constexpr const char* kPrivateKeyFile = "private-key.pem";

/// The gateway's own key: its PEM, or the location of a key that this process cannot read.
struct DeviceKey {
  /// Where the run stores the key.
  KeyLocation location = PemFile{kPrivateKeyFile};
  /// What private-key.pem holds: PKCS#8 or traditional PEM, unencrypted, or for a key of the TPM `TSS2 PRIVATE KEY`. A
  /// key that was made for a handle has the wrapped key too, until it is persistent (Keysmith::settle_key). Otherwise
  /// empty.
  Secret pem;
  std::string public_key_sha256;
  /// `ec-p256`, `rsa-2048`, …
  std::string type;
};

/// identity.json, one field per key.
struct Identity {
  std::optional<std::string> thing_name;
  std::string certificate_id;
  std::string certificate_fingerprint;
  /// RFC 3339.
  std::string not_after;
  std::string template_name;
  std::string endpoint;
  std::uint16_t port = 0;
  Method method = Method::kCsr;
  std::string key_type;
  /// `private-key.pem`, a key in hardware, or the external key of a CSR.
  KeyLocation key = PemFile{kPrivateKeyFile};
  /// Whether this program made the key, so that it may destroy it when the identity is no longer kept. False in an
  /// identity of a version without this field.
  bool key_made_here = false;
  DeviceConfiguration device_configuration;
  /// `sha256:SALT:HEX` over endpoint, template and resolved parameters.
  std::string request_digest;
  /// `sha256:SALT:HEX` over the fingerprint and the bytes of certificate.pem and private-key.pem, recorded after a
  /// check that certificate and key belong together; nothing in an identity of a version without this field.
  std::optional<std::string> files_digest;
  /// Fingerprint of the claim certificate that requested the identity; nothing in an identity of a version without this
  /// field.
  std::optional<std::string> claim_fingerprint;
  /// Fingerprint of the identity that this one replaced.
  std::optional<std::string> replaces;
  std::string provisioned_at;
  std::optional<std::string> verified_at;
};

/// Whether its private key is the file private-key.pem.
[[nodiscard]] bool has_key_file(const Identity& identity);
/// `thing NAME`, or `certificate ID` if the template created no thing; printable.
[[nodiscard]] std::string named(const Identity& identity);

}  // namespace fleet_provision
