// Where a private key is kept: in a file, in the TPM, in a PKCS#11 token, or in a location unknown to this program.
//
// The text form is the one that `--key`, `--claim-key` and the `key` of identity.json take. All code that needs the
// kind of key that a text names uses this file. This version reads only keys in PEM files and rejects the others.
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
/// The key of a given CSR; its location is unknown to this program.
struct ExternalKey {
  friend bool operator==(const ExternalKey&, const ExternalKey&) = default;
};

using KeyLocation = std::variant<ExternalKey, PemFile, TpmWrappedPem, TpmHandle, Pkcs11Uri>;

/// ExternalKey for an empty text, and PemFile for a text without a known scheme: only the content of the file shows
/// whether a TPM wrapped the key.
[[nodiscard]] KeyLocation parse_key_location(std::string_view text);
/// The text form, a path or a URI; empty for an external key.
[[nodiscard]] std::string text_of(const KeyLocation& location);
/// Whether the key is a file.
[[nodiscard]] bool is_file(const KeyLocation& location);
/// Whether a TPM or a token holds the key, so that no file does.
[[nodiscard]] bool is_in_hardware(const KeyLocation& location);

}  // namespace fleet_provision
