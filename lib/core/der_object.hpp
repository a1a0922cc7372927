// Determines what a file in DER (X.690) holds by the types of its first elements; verifies nothing.
#pragma once

#include <string_view>

namespace fleet_provision {

/// The kinds of objects in files of keys and certificates, in any encoding.
enum class FileObject : unsigned char {
  kUnknown,
  kCertificate,
  kPrivateKey,
  kEncryptedPrivateKey,
  kPublicKey,
  kCsr,
  kCrl,
  kPkcs7,
  kPkcs12,
  kOpenSshKey,
  kTpmKey,
  kEcParameters,
  kDhParameters,
  kPgp,
  kAge,
};

/// kUnknown for anything but DER of one of these kinds. Accepts indefinite lengths (BER), which old PKCS#12 files use.
[[nodiscard]] FileObject der_object(std::string_view bytes);
/// Whether `bytes` is one DER SEQUENCE, except for line ends behind it.
[[nodiscard]] bool is_der_sequence(std::string_view bytes);

}  // namespace fleet_provision
