// Where a private key is kept, and where a new one is made: in a file, in the TPM, or in a PKCS#11 token.
//
// The text form of a location is the one that `--key`, `--claim-key` and the `key` of identity.json take; that of a
// store is the one that `--key-store` takes. All code that needs the kind of key that a text names uses this file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.hpp"

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
/// A persistent TPM key, `handle:0x81000001` (TPM 2.0 Library, Part 1, "Handles": 0x81000000 to 0x81FFFFFF).
struct TpmHandle {
  std::uint32_t handle = 0;
  friend bool operator==(const TpmHandle&, const TpmHandle&) = default;
};
/// A key in a token, `pkcs11:…` (RFC 7512), as it was given; core/pkcs11_uri.hpp parses it.
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
/// whether a TPM wrapped the key. kKeyUri for a `handle:` or `pkcs11:` that is not valid.
[[nodiscard]] Result<KeyLocation> parse_key_location(std::string_view text);
/// The text form, a path or a URI; empty for an external key.
[[nodiscard]] std::string text_of(const KeyLocation& location);
/// Whether the key is a file.
[[nodiscard]] bool is_file(const KeyLocation& location);
/// Whether a TPM or a token holds the key, so that no file does.
[[nodiscard]] bool is_in_hardware(const KeyLocation& location);
/// The `keyStore` of identity.json: `file`, `tpm2` or `pkcs11`; nothing for an external key.
[[nodiscard]] std::optional<std::string> key_store_word(const KeyLocation& location);

/// A new key is made in this process and kept in a file.
struct FileStore {
  friend bool operator==(const FileStore&, const FileStore&) = default;
};
/// A new key is made in the TPM. Without a handle its file holds the wrapped key; with one it is made persistent there.
struct TpmStore {
  std::optional<std::uint32_t> handle;
  friend bool operator==(const TpmStore&, const TpmStore&) = default;
};
/// A new key is made in the token that the URI names; `object` is its label.
struct TokenStore {
  std::string uri;
  friend bool operator==(const TokenStore&, const TokenStore&) = default;
};
using KeyStore = std::variant<FileStore, TpmStore, TokenStore>;

/// `file`, `tpm2`, `tpm2:0x81…` or `pkcs11:token=…;object=NAME`. kUsage for another text, kKeyUri for a handle or URI
/// that is not valid, names no token or no object, or names what only an existing key has (`id`, `type`).
[[nodiscard]] Result<KeyStore> parse_key_store(std::string_view text);
/// The text form, as parse_key_store takes it.
[[nodiscard]] std::string text_of(const KeyStore& store);

}  // namespace fleet_provision
