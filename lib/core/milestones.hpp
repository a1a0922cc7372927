// The milestone of a run, as a value: Fresh (→ KeyPlanned) → KeyMade → Certified → Enrolled (→ Verified) → Installed.
//
// KeyPlanned exists only for a key that is made in a token: the token keeps what it makes, whatever the disk forgets,
// so the journal first says which key will be made.
//
// Each milestone holds its durable data and the options that the data depends on, so that a later run can check whether
// they still match. A rejected ownership token leads from Certified back to KeyMade, with the same key. With the method
// `keys` the key comes with the certificate: there is no KeyMade, and a rejected token leads back to Fresh.
//
// The number of requested certificates is durable too: if the service rejects every token, the runs must not fill the
// account with certificates. The count is incremented before a request is sent, decremented when the service rejects
// the request, and reset when an hour of boot time has passed since the last request, because by then the service has
// deleted the unused certificates.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/identity.hpp"
#include "core/plan.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// The key is made on this machine.
struct MadeHere {
  /// The word of the requested key type.
  std::string key_type;
  /// The text of the requested key store; a journal of a version without this field means a file.
  std::string key_store = "file";
  friend bool operator==(const MadeHere&, const MadeHere&) = default;
};
/// The key comes with the certificate (method `keys`).
struct MadeByService {
  friend bool operator==(const MadeByService&, const MadeByService&) = default;
};
/// `--key`.
struct GivenKey {
  std::string reference;
  friend bool operator==(const GivenKey&, const GivenKey&) = default;
};
/// `--csr`.
struct GivenCsr {
  std::string file;
  friend bool operator==(const GivenCsr&, const GivenCsr&) = default;
};
/// Where a key comes from.
using KeyOrigin = std::variant<MadeHere, MadeByService, GivenKey, GivenCsr>;

/// The values that a certificate was requested with, besides its key.
struct CertificateOrigin {
  /// Host, as in Endpoint.
  std::string endpoint;
  std::string claim_fingerprint;
  Method method = Method::kCsr;
  std::string csr_subject;
};

/// A key that is in a token or at a TPM handle.
struct HardwareKey {
  KeyLocation location;
  /// Empty if unknown: the key was planned, and may not exist.
  std::string public_key_sha256;
  friend bool operator==(const HardwareKey&, const HardwareKey&) = default;
};

/// Only the number of requested certificates is durable, and which key a discarded run has left in hardware, so that it
/// can be destroyed.
struct Fresh {
  std::optional<HardwareKey> abandoned = {};
};

/// The location of the key in its token is durable: the token may make it.
struct KeyPlanned {
  KeyOrigin origin;
  KeyLocation location;
};

/// The key is durable: its CSR may be sent.
struct KeyMade {
  KeyOrigin origin;
  DeviceKey key;
  /// The option's text for the subject of the CSR; empty for a given CSR.
  std::string csr_subject;
  /// PEM; empty with the method `keys`.
  std::string csr_pem;
};

/// Certificate and token are durable: RegisterThing may be sent.
struct Certified {
  KeyMade made;
  CertificateOrigin origin;
  std::string certificate_id;
  std::string certificate_pem;
  Secret certificate_ownership_token;
};

/// The service has registered the gateway; the identity is complete in `pending/`.
struct Enrolled {
  Certified certified;
  Identity identity;
};

/// The service has accepted a connection of the identity (`--verify`).
struct Verified {
  Enrolled enrolled;
};

/// The identity is in `identity/`.
struct Installed {
  Identity identity;
};

using Progress = std::variant<Fresh, KeyPlanned, KeyMade, Certified, Enrolled, Verified, Installed>;

enum class Milestone : unsigned char { kFresh, kKeyPlanned, kKeyMade, kCertified, kEnrolled, kVerified, kInstalled };
[[nodiscard]] Milestone milestone(const Progress& progress);
[[nodiscard]] std::string_view word(Milestone milestone);
/// The device key of an unfinished run; null if there is none yet, and for Installed.
[[nodiscard]] const DeviceKey* device_key_of(const Progress& progress);
/// The part of an unfinished run that holds its key; null if there is none yet, and for Installed.
[[nodiscard]] const KeyMade* key_made_of(const Progress& progress);
/// Where the key of an unfinished run comes from; null if there is no key yet and none is planned, and for Installed.
[[nodiscard]] const KeyOrigin* key_origin_of(const Progress& progress);
/// The key that a run which discards `progress` leaves in a token or at a TPM handle; only if this program made it.
[[nodiscard]] std::optional<HardwareKey> left_in_hardware(const Progress& progress);
/// Whether private-key.pem of `pending/` holds the key: a file's, or the wrapped key of a TPM handle, which is needed
/// until the key is persistent.
[[nodiscard]] bool has_pending_file(const KeyMade& made);

/// The maximum number of certificates requested before the run ends with kCertificateLimit.
inline constexpr unsigned kCertificatesMax = 4;
/// Life of an ownership token (service page), after which an unused certificate is deleted.
inline constexpr std::chrono::seconds kTokenLife{3'600};

/// How many certificates were requested, and the time since the last request.
struct CertificateCount {
  unsigned requested = 0;
  /// Boot time since the last request, summed over boots, as of the stamp below.
  std::chrono::seconds age{0};
  std::string boot_id;
  std::chrono::seconds since_boot{0};
};

/// The count with its age updated to now; zero once the age has reached the life of a token.
[[nodiscard]] CertificateCount brought_up_to(const CertificateCount& count, const std::string& boot_id,
                                             std::chrono::seconds since_boot);

/// What `pending/journal` holds (the private key is in a file of its own).
struct Journal {
  CertificateCount count;
  Progress progress;
};

}  // namespace fleet_provision
