// Texts and file names that the source files of core/file_advice share.
#pragma once

#include <string>
#include <string_view>

#include "core/file_advice.hpp"
#include "core/file_format.hpp"

namespace fleet_provision {

inline constexpr const char* kGetAgain = "copy the file again; it may have been cut off";

/// The content that the file of a role must have.
enum class Wanted : unsigned char { kCertificate, kKey, kCsr, kCertificateAndKey };

[[nodiscard]] Wanted wanted_of(FileRole role);
[[nodiscard]] bool is_wanted(FileObject object, Wanted wanted);
/// `a certificate`, …
[[nodiscard]] std::string_view words(FileObject object);
[[nodiscard]] std::string_view words(Wanted wanted);

/// The names of files in a command: the first is read, the others are written.
struct FileNames {
  std::string path;
  /// Whether the files hold a private key.
  bool secret;

  [[nodiscard]] std::string in() const;
  [[nodiscard]] std::string out(const char* ending = ".pem") const;
  /// `command` with its output redirected to the new file; if that holds a key, only its owner may read it.
  [[nodiscard]] std::string into(const std::string& command) const;
};

/// A hint that names `command`.
[[nodiscard]] std::string convert(const std::string& command);
/// The hint for a file that does not hold the expected object.
[[nodiscard]] std::string not_there(Wanted wanted);

/// Advice for formats that are neither PEM nor DER.
[[nodiscard]] FileAdvice about_format(FileFormat format, FileRole role, const FileNames& names);

}  // namespace fleet_provision
