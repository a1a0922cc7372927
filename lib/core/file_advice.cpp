#include "core/file_advice.hpp"

#include <algorithm>
#include <array>

#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kGetAgain = "copy the file again; it may have been cut off";

enum class Wanted : unsigned char { kCertificate, kKey, kCsr, kCertificateAndKey };

Wanted wanted_of(FileRole role) {
  switch (role) {
    case FileRole::kClaimCertificate:
    case FileRole::kRoots: return Wanted::kCertificate;
    case FileRole::kClaimKey:
    case FileRole::kDeviceKey: return Wanted::kKey;
    case FileRole::kClaim: return Wanted::kCertificateAndKey;
    case FileRole::kCsr: return Wanted::kCsr;
  }
  return Wanted::kCertificate;
}

bool is_wanted(FileObject object, Wanted wanted) {
  const bool certificate = object == FileObject::kCertificate;
  const bool key = object == FileObject::kPrivateKey || object == FileObject::kEncryptedPrivateKey;
  switch (wanted) {
    case Wanted::kCertificate: return certificate;
    case Wanted::kKey: return key;
    case Wanted::kCsr: return object == FileObject::kCsr;
    case Wanted::kCertificateAndKey: return certificate || key;
  }
  return false;
}

/// "a certificate", …
std::string_view words(FileObject object) {
  switch (object) {
    case FileObject::kUnknown: return "something else";
    case FileObject::kCertificate: return "a certificate";
    case FileObject::kPrivateKey: return "a private key";
    case FileObject::kEncryptedPrivateKey: return "an encrypted private key";
    case FileObject::kPublicKey: return "a public key";
    case FileObject::kCsr: return "a certificate request (CSR)";
    case FileObject::kCrl: return "a certificate revocation list (CRL)";
    case FileObject::kPkcs7: return "PKCS#7 (.p7b, .p7c)";
    case FileObject::kPkcs12: return "PKCS#12 (.p12, .pfx)";
    case FileObject::kOpenSshKey: return "a private key in OpenSSH's own format";
    case FileObject::kTpmKey: return "a private key wrapped by a TPM";
    case FileObject::kEcParameters: return "EC parameters";
    case FileObject::kDhParameters: return "DH parameters";
    case FileObject::kPgp: return "an OpenPGP message or key";
    case FileObject::kAge: return "a file encrypted with age";
  }
  return "";
}

std::string_view words(Wanted wanted) {
  switch (wanted) {
    case Wanted::kCertificate: return "a certificate";
    case Wanted::kKey: return "a private key";
    case Wanted::kCsr: return "a certificate request (CSR)";
    case Wanted::kCertificateAndKey: return "a certificate and its private key";
  }
  return "";
}

/// The names of files in a command: `file` is read, `file` and an ending are written.
struct Names {
  std::string path;
  bool secret;

  [[nodiscard]] std::string in() const { return shell_word(path); }
  [[nodiscard]] std::string out(const char* ending = ".pem") const { return new_file_word(path, ending); }
  /// `command` with its output in the new file, which nobody else may read where a key is in it.
  [[nodiscard]] std::string into(const std::string& command) const {
    const std::string line = command + " > " + out();
    return secret ? "(umask 077; " + line + ")" : line;
  }
};

std::string convert(const std::string& command) {
  return "convert it: " + command;
}

std::string not_there(Wanted wanted) {
  switch (wanted) {
    case Wanted::kCertificate: return "give the file with the line -----BEGIN CERTIFICATE-----";
    case Wanted::kKey: return "give the file with the line -----BEGIN PRIVATE KEY----- or similar";
    case Wanted::kCsr: return "give the file with the line -----BEGIN CERTIFICATE REQUEST-----";
    case Wanted::kCertificateAndKey: return "give the file that holds both, or use --claim-cert and --claim-key";
  }
  return "";
}

/// What to do when the file holds the right sort of thing for another option.
std::string other_object_hint(FileObject object, FileRole role) {
  const bool key = is_wanted(object, Wanted::kKey);
  if (role == FileRole::kClaimCertificate && key) return "swap --claim-cert and --claim-key, or give the certificate";
  if (role == FileRole::kClaimKey && object == FileObject::kCertificate) {
    return "swap --claim-cert and --claim-key, or give the key";
  }
  if (role == FileRole::kClaimCertificate && object == FileObject::kCsr) {
    return "give the certificate that was issued for this request";
  }
  if (role == FileRole::kCsr && key) return "give it with --key, or give a CSR that was created with it";
  if (role == FileRole::kDeviceKey && object == FileObject::kCsr) return "give it with --csr, or give its private key";
  if (wanted_of(role) == Wanted::kKey && object == FileObject::kPublicKey) return "give the file of the private key";
  return not_there(wanted_of(role));
}

std::string from_pkcs12(FileRole role, const Names& names) {
  const std::string begin =
      "convert it (add -legacy if OpenSSL calls it unsupported): openssl pkcs12 -in " + names.in();
  switch (role) {
    case FileRole::kClaimCertificate: return begin + " -clcerts -nokeys -out " + names.out(".cert.pem");
    case FileRole::kRoots: return begin + " -cacerts -nokeys -out " + names.out();
    case FileRole::kClaimKey:
    case FileRole::kDeviceKey: return begin + " -nocerts -nodes -out " + names.out(".key.pem");
    case FileRole::kClaim: return begin + " -nodes -out " + names.out();
    case FileRole::kCsr: break;
  }
  return not_there(Wanted::kCsr);
}

/// The command that makes PEM of DER, reading `from` (a file's option, or nothing for stdin).
std::string openssl_from_der(FileObject object, const std::string& from, const Names& names) {
  const std::string end = " -inform DER" + from + " -out " + names.out();
  if (object == FileObject::kCertificate) return "openssl x509" + end;
  if (object == FileObject::kPrivateKey) return "openssl pkey" + end;
  if (object == FileObject::kEncryptedPrivateKey) return "openssl pkcs8" + end;
  return "openssl req" + end;
}

FileAdvice about_der(FileObject object, FileRole role, const Names& names) {
  const Wanted wanted = wanted_of(role);
  const std::string said(words(object));
  if (object == FileObject::kPkcs12) return {"is " + said + ", not PEM", from_pkcs12(role, names)};
  if (object == FileObject::kPkcs7 && wanted == Wanted::kCertificate) {
    return {"is DER (" + said + "), not PEM",
            convert("openssl pkcs7 -inform DER -print_certs -in " + names.in() + " -out " + names.out())};
  }
  if (object == FileObject::kUnknown) return {"is DER, not PEM", not_there(wanted)};
  if (!is_wanted(object, wanted)) {
    return {"is DER (" + said + "), not " + std::string(words(wanted)) + " in PEM", other_object_hint(object, role)};
  }
  return {"is DER (" + said + "), not PEM", convert(openssl_from_der(object, " -in " + names.in(), names))};
}

FileAdvice about_label(std::string_view label, FileRole role, const Names& names) {
  const Wanted wanted = wanted_of(role);
  const FileObject object = object_of_label(label);
  if (object == FileObject::kUnknown) {
    return {"holds a PEM block of the kind " + printable(label, 40) + ", not " + std::string(words(wanted)),
            not_there(wanted)};
  }
  const std::string what = "holds " + std::string(words(object)) + ", not " + std::string(words(wanted));
  if (object == FileObject::kPkcs7 && wanted == Wanted::kCertificate) {
    return {what + " in PEM", convert("openssl pkcs7 -print_certs -in " + names.in() + " -out " + names.out())};
  }
  if (object == FileObject::kOpenSshKey && wanted == Wanted::kKey) {
    return {"holds " + std::string(words(object)), convert("install -m 600 " + names.in() + " " + names.out() +
                                                           " && ssh-keygen -p -N '' -m PEM -f " + names.out())};
  }
  if (object == FileObject::kTpmKey && wanted == Wanted::kKey) {
    return {"is wrapped by a TPM, which is not supported yet", "name a key that is not wrapped"};
  }
  if (object == FileObject::kPgp) return {what, "decrypt it: gpg --output " + names.out() + " --decrypt " + names.in()};
  if (object == FileObject::kAge) return {what, "decrypt it: age --decrypt --output " + names.out() + " " + names.in()};
  return {what, other_object_hint(object, role)};
}

/// Puts BEGIN and END lines on lines of their own, and every run of what is not base64 in between becomes a line end.
std::string mend_everything(const Names& names) {
  return R"(sed -E 's/\\+[rn]/ /g; s/-----(BEGIN|END) [A-Z0-9 ]+-----/\n&\n/g' )" + names.in() +
         R"( | sed -E '/-----/!s|[^A-Za-z0-9+/=]+|\n|g' | grep .)";
}

FileAdvice about_fault(const BrokenPem& broken, const Names& names) {
  const std::string line = " (line " + std::to_string(broken.line) + ")";
  const std::string begin = "-----BEGIN " + printable(broken.label, 40) + "-----";
  const auto mend = [&names](const std::string& command) { return "convert it: " + names.into(command); };
  switch (broken.fault) {
    case PemFault::kLiteralLineEnds:
      return {"has the two characters \\n where its lines must end" + line, mend(mend_everything(names))};
    case PemFault::kQuoted:
      return {"has quotation marks around the lines of its PEM" + line, mend(mend_everything(names))};
    case PemFault::kOneLine:
      return {"has its PEM on one line" + line + "; BEGIN, base64 and END must be lines of their own",
              mend(mend_everything(names))};
    case PemFault::kOtherText: return {"has other text on the line of " + begin + line, mend(mend_everything(names))};
    case PemFault::kIndented:
      return {"has blanks before the lines of its PEM" + line, mend("sed 's/^[[:space:]]*//' " + names.in())};
    case PemFault::kCarriageReturns: return {"ends its lines with CR alone", mend("tr '\\r' '\\n' < " + names.in())};
    case PemFault::kNulBytes: return {"has NUL bytes in its PEM" + line, mend("tr -d '\\000' < " + names.in())};
    case PemFault::kHyphens:
      return {"does not have five hyphens on both sides of BEGIN " + printable(broken.label, 40) + line,
              mend("sed -E 's/^[^A-Z]*(BEGIN|END) ([A-Z0-9 ]*[A-Z0-9])[^A-Z0-9]*$/-----\\1 \\2-----/' " + names.in())};
    case PemFault::kNoEnd:
      return {"has no line -----END " + printable(broken.label, 40) + "----- for the block of line " +
                  std::to_string(broken.line),
              kGetAgain};
    case PemFault::kOtherEnd: return {"ends the block " + begin + " with another label" + line, "copy the file again"};
  }
  return {};
}

/// The block to speak of: parameters before a key are only its companions.
std::string_view telling_label(const PemText& pem) {
  std::string_view label;
  for (const PemBlock& each : pem.blocks) {
    if (label.empty() || object_of_label(label) == FileObject::kEcParameters) label = each.label;
  }
  return label;
}

FileAdvice about_pem(const PemText& pem, FileRole role, const Names& names) {
  const Wanted wanted = wanted_of(role);
  const BrokenPem* known = nullptr;
  for (const BrokenPem& each : pem.broken) {
    if (is_wanted(object_of_label(each.label), wanted)) return about_fault(each, names);
    if (known == nullptr && object_of_label(each.label) != FileObject::kUnknown) known = &each;
  }
  const std::string_view label = telling_label(pem);
  if (wanted == Wanted::kCertificateAndKey) {
    const FileObject object = object_of_label(label);
    if (object == FileObject::kCertificate) {
      return {"holds a certificate without its private key", "give it with --claim-cert, and its key with --claim-key"};
    }
    if (is_wanted(object, Wanted::kKey)) {
      return {"holds a private key without its certificate",
              "give it as --claim-key, and the certificate as --claim-cert"};
    }
  }
  if (!label.empty()) return about_label(label, role, names);
  return about_label((known != nullptr ? *known : pem.broken.front()).label, role, names);
}

FileAdvice about_base64_der(FileObject object, FileRole role, const Names& names) {
  const Wanted wanted = wanted_of(role);
  const std::string what = "is base64 without BEGIN and END lines (" + std::string(words(object)) + ")";
  const bool directly = is_wanted(object, wanted) && wanted != Wanted::kCertificateAndKey;
  if (directly) return {what, convert("base64 -d " + names.in() + " | " + openssl_from_der(object, "", names))};
  if (object == FileObject::kPkcs12) {
    return {what, "decode it, then give the result: base64 -d " + names.in() + " > " + names.out(".p12")};
  }
  return {what + ", not " + std::string(words(wanted)) + " in PEM", other_object_hint(object, role)};
}

std::string from_json(const Names& names) {
  return "write the text of its member with the PEM into a file of its own, for example: " +
         names.into("jq -r .certificatePem " + names.in());
}

/// Formats that are neither PEM nor DER.
FileAdvice about_format(FileFormat format, FileRole role, const Names& names) {
  const Wanted wanted = wanted_of(role);
  const bool key = wanted == Wanted::kKey;
  const std::string not_pem = ", not PEM";
  switch (format) {
    case FileFormat::kEmpty: return {"is empty", kGetAgain};
    case FileFormat::kBlank: return {"is empty but for blanks", kGetAgain};
    case FileFormat::kUtf16:
    case FileFormat::kUtf16Little:
    case FileFormat::kUtf16Big:
    case FileFormat::kUtf32: {
      const std::string name(name_of_encoding(format));
      return {"is " + name + " text, as PowerShell writes it, not UTF-8",
              convert(names.into("iconv -f " + name + " -t UTF-8 " + names.in()))};
    }
    case FileFormat::kGzip: return {"is compressed with gzip", "unpack it: " + names.into("gzip -dc " + names.in())};
    case FileFormat::kZip: return {"is a ZIP archive", "unpack it and give the file in it: unzip " + names.in()};
    case FileFormat::kJavaKeyStore:
      return {"is a Java keystore",
              "make PKCS#12 of it, then PEM: keytool -importkeystore -deststoretype pkcs12 -srckeystore " + names.in() +
                  " -destkeystore " + names.out(".p12")};
    case FileFormat::kPuttyKey:
      if (!key) return {"is a PuTTY private key (PPK), not " + std::string(words(wanted)), not_there(wanted)};
      return {"is a PuTTY private key (PPK)" + not_pem,
              convert("puttygen " + names.in() + " -O private-openssh -o " + names.out())};
    case FileFormat::kSshPublicKey:
      return {"is a public key of SSH, not " + std::string(words(wanted)),
              key ? "give the file of the private key" : not_there(wanted)};
    case FileFormat::kAgeFile:
      return {"is encrypted with age", "decrypt it: age --decrypt --output " + names.out() + " " + names.in()};
    case FileFormat::kGpgFile:
      return {"is encrypted with OpenPGP", "decrypt it: gpg --output " + names.out() + " --decrypt " + names.in()};
    case FileFormat::kAwsClaim:
      if (role == FileRole::kClaimCertificate || role == FileRole::kClaimKey) {
        return {"is JSON of the AWS CLI with certificate and key, not PEM",
                "omit --claim-cert and --claim-key, and give --claim " + names.in()};
      }
      if (wanted == Wanted::kCsr) return {"is JSON of the AWS CLI, not PEM", not_there(wanted)};
      return {"is JSON of the AWS CLI, not PEM", key ? convert(names.into("jq -r .keyPair.PrivateKey " + names.in()))
                                                     : convert(names.into("jq -r .certificatePem " + names.in()))};
    case FileFormat::kJwk:
      if (!key) return {"is a JSON Web Key (JWK), not " + std::string(words(wanted)), not_there(wanted)};
      return {"is a JSON Web Key (JWK)" + not_pem,
              convert("step crypto key format --pem --no-password --insecure " + names.in() + " --out " + names.out())};
    case FileFormat::kJwkSet:
      return {"is a set of JSON Web Keys (JWKS), not " + std::string(words(wanted)),
              key ? "take the one key out of it: " + names.into("jq '.keys[0]' " + names.in()) : not_there(wanted)};
    case FileFormat::kJson: return {"is JSON" + not_pem, from_json(names)};
    case FileFormat::kHtml:
      return {"is an HTML page" + not_pem, "download the file again; the server sent a page instead"};
    case FileFormat::kXml:
      return {"is XML" + not_pem, "download the file again; the server may have sent an error instead"};
    case FileFormat::kGitLfs: return {"is a Git LFS pointer, not the file itself", "fetch the file: git lfs pull"};
    case FileFormat::kAnsibleVault:
      return {"is encrypted with Ansible Vault",
              "decrypt it: ansible-vault decrypt --output " + names.out() + " " + names.in()};
    case FileFormat::kBase64OfPem:
      return {"is PEM that was encoded with base64 once more", convert(names.into("base64 -d " + names.in()))};
    case FileFormat::kBinary:
    case FileFormat::kText:
    case FileFormat::kPem:
    case FileFormat::kDer:
    case FileFormat::kBase64OfDer: break;
  }
  constexpr std::array<std::string_view, 4> kNone{"holds no PEM certificate", "holds no PEM private key",
                                                  "holds no PEM certificate request",
                                                  "holds neither JSON of the AWS CLI nor PEM"};
  return {
      std::string(kNone[static_cast<std::size_t>(wanted)]) + (format == FileFormat::kBinary ? ", but binary data" : ""),
      not_there(wanted)};
}

bool holds(const PemText& pem, Wanted wanted) {
  return std::any_of(pem.blocks.begin(), pem.blocks.end(),
                     [wanted](const PemBlock& each) { return is_wanted(object_of_label(each.label), wanted); });
}

}  // namespace

std::optional<FileAdvice> objection_to(std::string_view bytes, FileRole role, const std::string& path) {
  const FileLook look = look_at_file(bytes);
  const Wanted wanted = wanted_of(role);
  const bool both = wanted == Wanted::kCertificateAndKey;
  if (both ? holds(look.pem, Wanted::kCertificate) && holds(look.pem, Wanted::kKey) : holds(look.pem, wanted)) {
    return std::nullopt;
  }
  const Names names{path, both || wanted == Wanted::kKey};
  if (look.format == FileFormat::kPem) return about_pem(look.pem, role, names);
  if (look.format == FileFormat::kDer) return about_der(look.object, role, names);
  if (look.format == FileFormat::kBase64OfDer) return about_base64_der(look.object, role, names);
  return about_format(look.format, role, names);
}

PemBlock wanted_block(std::string_view bytes, FileRole role) {
  const Wanted wanted = role == FileRole::kClaim ? Wanted::kKey : wanted_of(role);
  for (const PemBlock& each : read_pem(without_byte_order_mark(bytes)).blocks) {
    if (is_wanted(object_of_label(each.label), wanted)) return each;
  }
  return {};
}

std::string where_damaged(std::string_view bytes, FileRole role) {
  for (const PemBlock& each : read_pem(without_byte_order_mark(bytes)).blocks) {
    if (!is_wanted(object_of_label(each.label), wanted_of(role))) continue;
    if (const std::string damage = damage_of(each); !damage.empty()) return " (" + damage + ")";
  }
  return {};
}

std::string describe_not_pem(std::string_view bytes) {
  const FileLook look = look_at_file(bytes);
  if (look.format == FileFormat::kEmpty) return "is empty";
  if (look.format == FileFormat::kDer) return "is DER, not PEM";
  const std::string_view label = telling_label(look.pem);
  if (!label.empty()) return "holds a PEM block of the kind " + printable(label, 40);
  return "is not PEM";
}

}  // namespace fleet_provision
