// Why a file does not give the key, certificate or CSR that an option asks for, and the command that converts it.
//
// Hints end in a colon, a blank and one shell command wherever a command does it; tests run these commands and give
// the result to the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/pem_text.hpp"

namespace fleet_provision {

/// What an option wants of its file.
enum class FileRole : unsigned char { kClaimCertificate, kClaimKey, kClaim, kRoots, kDeviceKey, kCsr };

struct FileAdvice {
  /// Goes on from the file's name: "is DER (a certificate), not PEM".
  std::string what;
  std::string hint;
};

/// Nothing when `bytes` hold a whole PEM block of the kind that `role` wants; for kClaim a certificate and a key.
/// `path` stands in the commands.
[[nodiscard]] std::optional<FileAdvice> objection_to(std::string_view bytes, FileRole role, const std::string& path);

/// The first block of the kind that `role` wants (of kClaim: the key's), a view into `bytes`; empty text: none.
[[nodiscard]] PemBlock wanted_block(std::string_view bytes, FileRole role);
/// " (line 7 is not base64)" for the first wanted block that is damaged; empty when nothing is seen.
[[nodiscard]] std::string where_damaged(std::string_view bytes, FileRole role);

/// What a text that no option names, a response of the service for example, is instead of PEM.
[[nodiscard]] std::string describe_not_pem(std::string_view bytes);

}  // namespace fleet_provision
