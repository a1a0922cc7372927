// What a file in DER (X.690) holds, told by the outline of its first elements; nothing is proved.
#pragma once

#include <string_view>

namespace fleet_provision {

/// What files of keys and certificates hold, in whatever encoding.
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

/// kUnknown for what is not DER of one of these kinds. Lengths of unknown end (BER) are taken, as old PKCS#12 has them.
[[nodiscard]] FileObject der_object(std::string_view bytes);
/// Whether the whole of `bytes` is one DER SEQUENCE, but for line ends behind it.
[[nodiscard]] bool is_der_sequence(std::string_view bytes);

}  // namespace fleet_provision
