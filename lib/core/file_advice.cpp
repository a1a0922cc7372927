#include "core/file_advice.hpp"

#include <algorithm>

#include "core/file_advice_parts.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// A PEM label in a message: printable, and not longer than a line allows.
std::string shown(std::string_view label) {
  constexpr std::size_t kMaxBytes = 40;
  return printable(label, kMaxBytes);
}

/// The hint for a file that holds an object for another option.
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

std::string from_pkcs12(FileRole role, const FileNames& names) {
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

/// The command that converts DER to PEM and reads `from` (an option with the file, or empty for stdin).
std::string openssl_from_der(FileObject object, const std::string& from, const FileNames& names) {
  const std::string end = " -inform DER" + from + " -out " + names.out();
  if (object == FileObject::kCertificate) return "openssl x509" + end;
  if (object == FileObject::kPrivateKey) return "openssl pkey" + end;
  if (object == FileObject::kEncryptedPrivateKey) return "openssl pkcs8" + end;
  return "openssl req" + end;
}

FileAdvice about_der(FileObject object, FileRole role, const FileNames& names) {
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

FileAdvice about_label(std::string_view label, FileRole role, const FileNames& names) {
  const Wanted wanted = wanted_of(role);
  const FileObject object = object_of_label(label);
  if (object == FileObject::kUnknown) {
    return {"holds a PEM block of the kind " + shown(label) + ", not " + std::string(words(wanted)), not_there(wanted)};
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
    return {"has a key that a TPM wrapped, beside other text", "give the key in a file of its own"};
  }
  if (object == FileObject::kPgp) return {what, "decrypt it: gpg --output " + names.out() + " --decrypt " + names.in()};
  if (object == FileObject::kAge) return {what, "decrypt it: age --decrypt --output " + names.out() + " " + names.in()};
  return {what, other_object_hint(object, role)};
}

/// Puts each BEGIN and END on its own line and replaces each sequence of other characters than base64 in between with a
/// line end.
std::string repair_all_lines(const FileNames& names) {
  return R"(sed -E 's/\\+[rn]/ /g; s/-----(BEGIN|END) [A-Z0-9 ]+-----/\n&\n/g' )" + names.in() +
         R"( | sed -E '/-----/!s|[^A-Za-z0-9+/=]+|\n|g' | grep .)";
}

FileAdvice about_fault(const BrokenPem& broken, const FileNames& names) {
  const std::string line = " (line " + std::to_string(broken.line) + ")";
  const std::string begin = "-----BEGIN " + shown(broken.label) + "-----";
  const auto repair = [&names](const std::string& command) { return "convert it: " + names.into(command); };
  switch (broken.fault) {
    case PemFault::kLiteralLineEnds:
      return {"has the two characters \\n where its lines must end" + line, repair(repair_all_lines(names))};
    case PemFault::kQuoted:
      return {"has quotation marks around the lines of its PEM" + line, repair(repair_all_lines(names))};
    case PemFault::kOneLine:
      return {"has its PEM on one line" + line + "; BEGIN, base64 and END must be lines of their own",
              repair(repair_all_lines(names))};
    case PemFault::kOtherText:
      return {"has other text on the line of " + begin + line, repair(repair_all_lines(names))};
    case PemFault::kIndented:
      return {"has blanks before the lines of its PEM" + line, repair("sed 's/^[[:space:]]*//' " + names.in())};
    case PemFault::kCarriageReturns: return {"ends its lines with CR alone", repair("tr '\\r' '\\n' < " + names.in())};
    case PemFault::kNulBytes: return {"has NUL bytes in its PEM" + line, repair("tr -d '\\000' < " + names.in())};
    case PemFault::kHyphens:
      return {
          "does not have five hyphens on both sides of BEGIN " + shown(broken.label) + line,
          repair("sed -E 's/^[^A-Z]*(BEGIN|END) ([A-Z0-9 ]*[A-Z0-9])[^A-Z0-9]*$/-----\\1 \\2-----/' " + names.in())};
    case PemFault::kNoEnd:
      return {
          "has no line -----END " + shown(broken.label) + "----- for the block of line " + std::to_string(broken.line),
          kGetAgain};
    case PemFault::kOtherEnd: return {"ends the block " + begin + " with another label" + line, "copy the file again"};
  }
  return {};
}

/// The block that the message names: not the parameters that precede a key.
std::string_view telling_label(const PemText& pem) {
  std::string_view label;
  for (const PemBlock& each : pem.blocks) {
    if (label.empty() || object_of_label(label) == FileObject::kEcParameters) label = each.label;
  }
  return label;
}

FileAdvice about_pem(const PemText& pem, FileRole role, const FileNames& names) {
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
              "give it with --claim-key, and its certificate with --claim-cert"};
    }
  }
  if (!label.empty()) return about_label(label, role, names);
  return about_label((known != nullptr ? *known : pem.broken.front()).label, role, names);
}

FileAdvice about_base64_der(FileObject object, FileRole role, const FileNames& names) {
  const Wanted wanted = wanted_of(role);
  const std::string what = "is base64 without BEGIN and END lines (" + std::string(words(object)) + ")";
  const bool directly = is_wanted(object, wanted) && wanted != Wanted::kCertificateAndKey;
  if (directly) return {what, convert("base64 -d " + names.in() + " | " + openssl_from_der(object, "", names))};
  if (object == FileObject::kPkcs12) {
    return {what, "decode it, then give the result: base64 -d " + names.in() + " > " + names.out(".p12")};
  }
  return {what + ", not " + std::string(words(wanted)) + " in PEM", other_object_hint(object, role)};
}

bool holds(const PemText& pem, Wanted wanted) {
  return std::any_of(pem.blocks.begin(), pem.blocks.end(),
                     [wanted](const PemBlock& each) { return is_wanted(object_of_label(each.label), wanted); });
}

}  // namespace

std::optional<FileAdvice> objection_to(std::string_view bytes, FileRole role, const std::string& path) {
  const DetectedFile found = detect_format(bytes);
  const Wanted wanted = wanted_of(role);
  const bool both = wanted == Wanted::kCertificateAndKey;
  if (both ? holds(found.pem, Wanted::kCertificate) && holds(found.pem, Wanted::kKey) : holds(found.pem, wanted)) {
    return std::nullopt;
  }
  const FileNames names{path, both || wanted == Wanted::kKey};
  if (found.format == FileFormat::kPem) return about_pem(found.pem, role, names);
  if (found.format == FileFormat::kDer) return about_der(found.object, role, names);
  if (found.format == FileFormat::kBase64OfDer) return about_base64_der(found.object, role, names);
  return about_format(found.format, role, names);
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
  const DetectedFile found = detect_format(bytes);
  if (found.format == FileFormat::kEmpty) return "is empty";
  if (found.format == FileFormat::kDer) return "is DER, not PEM";
  const std::string_view label = telling_label(found.pem);
  if (!label.empty()) return "holds a PEM block of the kind " + shown(label);
  return "is not PEM";
}

}  // namespace fleet_provision
