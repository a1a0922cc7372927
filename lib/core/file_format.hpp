// What a file turns out to be that should hold a key or a certificate in PEM: one detector for every reader of such
// files, and its conversion where it has another format.
//
// People have PKCS#12 from a portal, DER from a PKI, JSON from the AWS CLI, UTF-16 from PowerShell, a ZIP from the AWS
// console, PEM whose line ends were lost in an environment variable. A parser would only say that it found nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/der_object.hpp"
#include "core/pem_text.hpp"

namespace fleet_provision {

enum class FileFormat : unsigned char {
  kPem,  ///< there is a BEGIN line at least
  kDer,
  kEmpty,
  kBlank,  ///< nothing but blanks, line ends and NUL bytes
  kUtf16,  ///< with a byte order mark
  kUtf16Little,
  kUtf16Big,
  kUtf32,
  kGzip,
  kZip,
  kJavaKeyStore,
  kPuttyKey,
  kSshPublicKey,
  kAgeFile,
  kGpgFile,
  kAwsClaim,  ///< JSON of `aws iot create-keys-and-certificate` or `create-provisioning-claim`
  kJwk,
  kJwkSet,
  kJson,
  kHtml,
  kXml,
  kGitLfs,
  kAnsibleVault,
  kBase64OfPem,
  kBase64OfDer,
  kBinary,
  kText,
};

struct DetectedFile {
  FileFormat format = FileFormat::kText;
  /// Of DER, and of DER in base64.
  FileObject object = FileObject::kUnknown;
  /// The views are into the bytes that were looked at.
  PemText pem;
};

[[nodiscard]] DetectedFile detect_format(std::string_view bytes);
/// kUtf16, kUtf16Little, kUtf16Big or kUtf32; nothing for other text. For readers of JSON and plain text.
[[nodiscard]] std::optional<FileFormat> wide_encoding(std::string_view bytes);
/// `UTF-16`, …; and the name by which iconv knows it.
[[nodiscard]] std::string_view name_of_encoding(FileFormat wide);
/// The command that makes UTF-8 of the file `path`.
[[nodiscard]] std::string utf8_command(FileFormat wide, const std::string& path);
/// What a PEM label stands for.
[[nodiscard]] FileObject object_of_label(std::string_view label);
/// UTF-8 begins with it where an editor wrote it; it is no part of the text.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);
/// `path` as a word of a shell's command line; `FILE` for what cannot be shown.
[[nodiscard]] std::string shell_word(const std::string& path);
/// The word for a new file beside it, `path` with `ending`; `NEW` with `ending` for what cannot be shown.
[[nodiscard]] std::string new_file_word(const std::string& path, std::string_view ending);

}  // namespace fleet_provision
