// Detects the format of a file that should hold a key or a certificate in PEM: one detector for every reader of such
// files, and the command that converts other formats.
//
// Users have PKCS#12 from a portal, DER from a PKI, JSON from the AWS CLI, UTF-16 from PowerShell, a ZIP from the AWS
// console, or PEM whose line ends were lost in an environment variable. A PEM parser would only report that it found no
// block.
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
  /// Set for DER and for DER in base64.
  FileObject object = FileObject::kUnknown;
  /// The views refer to the examined bytes.
  PemText pem;
};

[[nodiscard]] DetectedFile detect_format(std::string_view bytes);
/// kUtf16, kUtf16Little, kUtf16Big or kUtf32; nothing for other text. Used by readers of JSON and plain text.
[[nodiscard]] std::optional<FileFormat> wide_encoding(std::string_view bytes);
/// `UTF-16`, …, also the name for iconv.
[[nodiscard]] std::string_view name_of_encoding(FileFormat wide);
/// The command that converts the file `path` to UTF-8.
[[nodiscard]] std::string utf8_command(FileFormat wide, const std::string& path);
/// The kind of object that a PEM label denotes.
[[nodiscard]] FileObject object_of_label(std::string_view label);
/// `text` without a leading byte order mark, which some editors write and which is not part of the text.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);
/// `path` quoted for a shell; `FILE` if it cannot be printed.
[[nodiscard]] std::string shell_word(const std::string& path);
/// The quoted name of a new file in the same directory, `path` with `ending`; `NEW` with `ending` if it cannot be
/// printed.
[[nodiscard]] std::string new_file_word(const std::string& path, std::string_view ending);

}  // namespace fleet_provision
