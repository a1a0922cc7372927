// Where a private key is kept: in a file, in the TPM, in a PKCS#11 token, or out of this program's reach.
//
// The text form is the one that `--key`, `--claim-key` and the `key` of identity.json take. Everything that has to
// know what kind of key a text names asks here. This version reads keys in PEM files only and refuses the others.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace fleet_provision {

/// A private key in PEM.
struct PemFile {
  std::string path;
  friend bool operator==(const PemFile&, const PemFile&) = default;
};
/// A PEM file of type `TSS2 PRIVATE KEY`: a key that only the TPM that wrapped it can use.
struct TpmWrappedPem {
  std::string path;
  friend bool operator==(const TpmWrappedPem&, const TpmWrappedPem&) = default;
};
/// A persistent TPM key, `handle:0x81000001`. `tpm2:0x81000001`, the form of a key store, means the same.
struct TpmHandle {
  std::string uri;
  friend bool operator==(const TpmHandle&, const TpmHandle&) = default;
};
/// A key in a token, `pkcs11:…` (RFC 7512).
struct Pkcs11Uri {
  std::string uri;
  friend bool operator==(const Pkcs11Uri&, const Pkcs11Uri&) = default;
};
/// A key that signed a given CSR and is kept where this program was not told.
struct ExternalKey {
  friend bool operator==(const ExternalKey&, const ExternalKey&) = default;
};

using KeyLocation = std::variant<ExternalKey, PemFile, TpmWrappedPem, TpmHandle, Pkcs11Uri>;

/// ExternalKey for an empty text, and PemFile for whatever has none of the known schemes: whether a TPM wrapped the key
/// is known only once the file is read.
[[nodiscard]] KeyLocation parse_key_location(std::string_view text);
/// The text form, a path or a URI; empty for an external key.
[[nodiscard]] std::string text_of(const KeyLocation& location);
/// Whether the key is a file.
[[nodiscard]] bool is_file(const KeyLocation& location);
/// Whether a TPM or a token holds the key, so that no file does.
[[nodiscard]] bool is_in_hardware(const KeyLocation& location);

}  // namespace fleet_provision
