// Why a file does not give the key, certificate or CSR that an option asks for, and the command that converts it.
//
// If a command converts the file, the hint ends in a colon, a space and that shell command; tests run these commands
// and pass the result to the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/pem_text.hpp"

namespace fleet_provision {

/// The content that an option expects of its file.
enum class FileRole : unsigned char { kClaimCertificate, kClaimKey, kClaim, kRoots, kDeviceKey, kCsr };

struct FileAdvice {
  /// Continues a message after the file's name: "is DER (a certificate), not PEM".
  std::string what;
  std::string hint;
};

/// Nothing if `bytes` hold a whole PEM block of the kind that `role` expects; for kClaim a certificate and a key. The
/// commands name `path`.
[[nodiscard]] std::optional<FileAdvice> objection_to(std::string_view bytes, FileRole role, const std::string& path);

/// The first block of the kind that `role` expects (for kClaim the key's), a view into `bytes`; its text is empty if
/// there is none.
[[nodiscard]] PemBlock wanted_block(std::string_view bytes, FileRole role);
/// " (line 7 is not base64)" for the first expected block that is damaged; empty if no damage is found.
[[nodiscard]] std::string where_damaged(std::string_view bytes, FileRole role);

/// Describes the format of a text that is not PEM and not from a file, for example of a response.
[[nodiscard]] std::string describe_not_pem(std::string_view bytes);

}  // namespace fleet_provision
