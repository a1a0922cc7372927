// URIs of keys in PKCS#11 tokens (RFC 7512).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace fleet_provision {

inline constexpr std::string_view kPkcs11Scheme = "pkcs11:";

/// The attributes that this program supports, percent-decoded (RFC 7512 sections 2.3 and 2.4).
struct Pkcs11Attributes {
  std::optional<std::string> token;
  std::optional<std::string> serial;
  std::optional<std::string> manufacturer;
  std::optional<std::string> model;
  std::optional<std::uint64_t> slot_id;
  /// CKA_LABEL.
  std::optional<std::string> object;
  /// CKA_ID, bytes.
  std::optional<std::string> id;
  /// `private` if given.
  std::optional<std::string> type;
  /// The path of the module to load.
  std::optional<std::string> module_path;
  /// The name of a registered module.
  std::optional<std::string> module_name;
  /// The path of the file that holds the PIN.
  std::optional<std::string> pin_source;

  /// Whether an attribute restricts the token: token, serial, manufacturer, model or slot-id.
  [[nodiscard]] bool names_token() const;
};

/// kKeyUri: a text that is not a PKCS#11 URI, a malformed percent-encoding, an unknown or repeated attribute, a
/// `pin-value` (other users can read it), a `pin-source` that is a command, a `type` other than `private`.
[[nodiscard]] Result<Pkcs11Attributes> parse_pkcs11_uri(std::string_view uri);
/// The URI of the attributes, percent-encoded; `parse_pkcs11_uri` returns the same attributes.
[[nodiscard]] std::string to_uri(const Pkcs11Attributes& attributes);

}  // namespace fleet_provision
