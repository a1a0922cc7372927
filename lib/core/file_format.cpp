#include "core/file_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/secret.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kBlanks{" \t\r\n\v\f\0", 7};

struct Beginning {
  std::string_view bytes;
  FileFormat format;
};

constexpr std::array kMagic{
    Beginning{"\x1F\x8B", FileFormat::kGzip},
    Beginning{std::string_view("PK\x03\x04", 4), FileFormat::kZip},
    Beginning{"\xFE\xED\xFE\xED", FileFormat::kJavaKeyStore},
    Beginning{"\xCE\xCE\xCE\xCE", FileFormat::kJavaKeyStore},
    Beginning{"PuTTY-User-Key-File-", FileFormat::kPuttyKey},
    Beginning{"ssh-rsa ", FileFormat::kSshPublicKey},
    Beginning{"ssh-dss ", FileFormat::kSshPublicKey},
    Beginning{"ssh-ed25519 ", FileFormat::kSshPublicKey},
    Beginning{"ecdsa-sha2-", FileFormat::kSshPublicKey},
    Beginning{"---- BEGIN SSH2 PUBLIC KEY ----", FileFormat::kSshPublicKey},
    Beginning{"age-encryption.org/", FileFormat::kAgeFile},
    // A packet of the type "public-key encrypted session key" (RFC 9580 section 4.2), in the old and the new form.
    Beginning{"\x85\x01", FileFormat::kGpgFile},
    Beginning{"\x85\x02", FileFormat::kGpgFile},
    Beginning{"\x84\x5E", FileFormat::kGpgFile},
    Beginning{"\x8C\x0D", FileFormat::kGpgFile},
    Beginning{"version https://git-lfs.github.com/spec/", FileFormat::kGitLfs},
    Beginning{"$ANSIBLE_VAULT;", FileFormat::kAnsibleVault},
    Beginning{"<?xml", FileFormat::kXml},
    Beginning{"<Error>", FileFormat::kXml},
};

struct Label {
  std::string_view text;
  FileObject object;
};

constexpr std::array kLabels{
    Label{"CERTIFICATE", FileObject::kCertificate},
    Label{"X509 CERTIFICATE", FileObject::kCertificate},
    Label{"TRUSTED CERTIFICATE", FileObject::kCertificate},
    Label{"PRIVATE KEY", FileObject::kPrivateKey},
    Label{"EC PRIVATE KEY", FileObject::kPrivateKey},
    Label{"RSA PRIVATE KEY", FileObject::kPrivateKey},
    Label{"DSA PRIVATE KEY", FileObject::kPrivateKey},
    Label{"ENCRYPTED PRIVATE KEY", FileObject::kEncryptedPrivateKey},
    Label{"CERTIFICATE REQUEST", FileObject::kCsr},
    Label{"NEW CERTIFICATE REQUEST", FileObject::kCsr},
    Label{"PUBLIC KEY", FileObject::kPublicKey},
    Label{"RSA PUBLIC KEY", FileObject::kPublicKey},
    Label{"X509 CRL", FileObject::kCrl},
    Label{"PKCS7", FileObject::kPkcs7},
    Label{"PKCS #7 SIGNED DATA", FileObject::kPkcs7},
    Label{"CMS", FileObject::kPkcs7},
    Label{"PKCS12", FileObject::kPkcs12},
    Label{"OPENSSH PRIVATE KEY", FileObject::kOpenSshKey},
    Label{"TSS2 PRIVATE KEY", FileObject::kTpmKey},
    Label{"EC PARAMETERS", FileObject::kEcParameters},
    Label{"DH PARAMETERS", FileObject::kDhParameters},
    Label{"X9.42 DH PARAMETERS", FileObject::kDhParameters},
    Label{"AGE ENCRYPTED FILE", FileObject::kAge},
};

bool begins_like_html(std::string_view text) {
  const std::string start = in_lower_case(text.substr(0, 16));
  return start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head") ||
         start.starts_with("<body");
}

FileFormat kind_of_json(std::string_view text) {
  const auto has = [text](std::string_view name) {
    return text.find("\"" + std::string(name) + "\"") != std::string_view::npos;
  };
  if (has("certificatePem")) return FileFormat::kAwsClaim;
  if (has("kty")) return has("keys") ? FileFormat::kJwkSet : FileFormat::kJwk;
  return FileFormat::kJson;
}

/// The decoded bytes; nothing if `text` has characters other than base64 and whitespace.
std::optional<std::string> decoded_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  bytes.reserve(text.size());
  unsigned bits = 0;
  unsigned held = 0;
  for (const char each : text) {
    if (each == '=' || kBlanks.find(each) != std::string_view::npos) continue;
    const std::size_t digit = kDigits.find(each);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = ((bits << 6U) | static_cast<unsigned>(digit)) & 0xFFFFU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFFU);
  }
  return bytes;
}

std::optional<DetectedFile> look_into_base64(std::string_view text) {
  constexpr std::size_t kLeast = 64;
  if (text.size() < kLeast) return std::nullopt;
  auto bytes = decoded_base64(text);
  if (!bytes) return std::nullopt;
  const WipedAtEnd wiped(*bytes);
  if (bytes->find("-----BEGIN ") != std::string_view::npos)
    return DetectedFile{FileFormat::kBase64OfPem, FileObject::kUnknown, {}};
  const FileObject object = der_object(*bytes);
  if (object == FileObject::kUnknown) return std::nullopt;
  return DetectedFile{FileFormat::kBase64OfDer, object, {}};
}

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && is_utf8(bytes);
}

}  // namespace

std::optional<FileFormat> wide_encoding(std::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  constexpr std::string_view kUtf32Little("\xFF\xFE\0\0", 4);
  constexpr std::string_view kUtf32Big("\0\0\xFE\xFF", 4);
  if (bytes.starts_with(kUtf32Little) || bytes.starts_with(kUtf32Big)) return FileFormat::kUtf32;
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return FileFormat::kUtf16;
  // Without a byte order mark, UTF-16 is recognised by ASCII with NUL as every other byte.
  constexpr std::size_t kLooked = 16;
  const std::string_view start = bytes.substr(0, kLooked);
  std::array<bool, 2> all_nul{true, true};
  std::array<bool, 2> none_nul{true, true};
  for (std::size_t i = 0; i < start.size(); ++i) {
    all_nul[i % 2] = all_nul[i % 2] && start[i] == '\0';
    none_nul[i % 2] = none_nul[i % 2] && start[i] != '\0';
  }
  if (none_nul[0] && all_nul[1]) return FileFormat::kUtf16Little;
  if (all_nul[0] && none_nul[1]) return FileFormat::kUtf16Big;
  return std::nullopt;
}

std::string_view name_of_encoding(FileFormat wide) {
  switch (wide) {
    case FileFormat::kUtf16Little: return "UTF-16LE";
    case FileFormat::kUtf16Big: return "UTF-16BE";
    case FileFormat::kUtf32: return "UTF-32";
    default: return "UTF-16";
  }
}

std::string utf8_command(FileFormat wide, const std::string& path) {
  const std::string file = shell_word(path);
  return "iconv -f " + std::string(name_of_encoding(wide)) + " -t UTF-8 " + file + " > " +
         (file == "FILE" ? "NEW" : shell_word(path + ".utf8"));
}

FileObject object_of_label(std::string_view label) {
  for (const Label& each : kLabels) {
    if (each.text == label) return each.object;
  }
  return label.starts_with("PGP ") ? FileObject::kPgp : FileObject::kUnknown;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string shell_word(const std::string& path) {
  if (path.empty() || path == "-" || printable(path, path.size() + 1) != path) return "FILE";
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+,:@%").find(c) != std::string_view::npos;
  };
  std::string word = path.starts_with('-') ? "./" + path : path;
  if (std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char each : word) quoted += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return quoted + "'";
}

std::string new_file_word(const std::string& path, std::string_view ending) {
  const std::string end(ending);
  return shell_word(path) == "FILE" ? "NEW" + end : shell_word(path + end);
}

DetectedFile detect_format(std::string_view bytes) {
  if (bytes.empty()) return {FileFormat::kEmpty, FileObject::kUnknown, {}};
  if (trimmed(without_byte_order_mark(bytes), kBlanks).empty()) return {FileFormat::kBlank, FileObject::kUnknown, {}};
  if (const auto wide = wide_encoding(bytes)) return {*wide, FileObject::kUnknown, {}};
  const std::string_view text = without_byte_order_mark(bytes);
  const std::string_view start = trimmed(text, kBlanks);
  for (const Beginning& each : kMagic) {
    if (start.starts_with(each.bytes)) return {each.format, FileObject::kUnknown, {}};
  }
  if (const FileObject object = der_object(bytes); object != FileObject::kUnknown || is_der_sequence(bytes)) {
    return {FileFormat::kDer, object, {}};
  }
  if (begins_like_html(start)) return {FileFormat::kHtml, FileObject::kUnknown, {}};
  const bool bracket = start.starts_with('{') || start.starts_with("[{") || start.starts_with("[\"");
  if (bracket && is_text(start)) {
    return {kind_of_json(start), FileObject::kUnknown, {}};
  }
  PemText pem = read_pem(text);
  if (!pem.blocks.empty() || !pem.broken.empty()) return {FileFormat::kPem, FileObject::kUnknown, std::move(pem)};
  if (auto inside = look_into_base64(start)) return std::move(*inside);
  return {is_text(start) ? FileFormat::kText : FileFormat::kBinary, FileObject::kUnknown, {}};
}

}  // namespace fleet_provision
