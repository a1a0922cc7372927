// Advice for files that are neither PEM nor DER: key formats of other programs, and containers of the expected file.
#include <array>
#include <optional>
#include <utility>

#include "core/file_advice_parts.hpp"

namespace fleet_provision {
namespace {

std::string from_json(const FileNames& names) {
  return "write the text of its member with the PEM into a file of its own, for example: " +
         names.into("jq -r .certificatePem " + names.in());
}

FileAdvice about_wide_text(FileFormat format, const FileNames& names) {
  const std::string name(name_of_encoding(format));
  return {"is " + name + " text, as PowerShell writes it, not UTF-8",
          convert(names.into("iconv -f " + name + " -t UTF-8 " + names.in()))};
}

FileAdvice about_aws_claim(FileRole role, const FileNames& names) {
  if (role == FileRole::kClaimCertificate || role == FileRole::kClaimKey) {
    return {"is JSON of the AWS CLI with certificate and key, not PEM",
            "omit --claim-cert and --claim-key, and give --claim " + names.in()};
  }
  const Wanted wanted = wanted_of(role);
  if (wanted == Wanted::kCsr) return {"is JSON of the AWS CLI, not PEM", not_there(wanted)};
  const char* member = wanted == Wanted::kKey ? ".keyPair.PrivateKey " : ".certificatePem ";
  return {"is JSON of the AWS CLI, not PEM", convert(names.into(std::string("jq -r ") + member + names.in()))};
}

/// Key formats of other programs; nothing for any other format.
std::optional<FileAdvice> about_foreign_key(FileFormat format, Wanted wanted, const FileNames& names) {
  const bool key = wanted == Wanted::kKey;
  const std::string no_key = ", not " + std::string(words(wanted));
  if (format == FileFormat::kJavaKeyStore) {
    return FileAdvice{"is a Java keystore",
                      "make PKCS#12 of it, then PEM: keytool -importkeystore -deststoretype pkcs12 -srckeystore " +
                          names.in() + " -destkeystore " + names.out(".p12")};
  }
  if (format == FileFormat::kPuttyKey) {
    if (!key) return FileAdvice{"is a PuTTY private key (PPK)" + no_key, not_there(wanted)};
    return FileAdvice{"is a PuTTY private key (PPK), not PEM",
                      convert("puttygen " + names.in() + " -O private-openssh -o " + names.out())};
  }
  if (format == FileFormat::kSshPublicKey) {
    return FileAdvice{"is a public key of SSH" + no_key, key ? "give the file of the private key" : not_there(wanted)};
  }
  if (format == FileFormat::kJwk) {
    if (!key) return FileAdvice{"is a JSON Web Key (JWK)" + no_key, not_there(wanted)};
    return FileAdvice{
        "is a JSON Web Key (JWK), not PEM",
        convert("step crypto key format --pem --no-password --insecure " + names.in() + " --out " + names.out())};
  }
  if (format == FileFormat::kJwkSet) {
    return FileAdvice{
        "is a set of JSON Web Keys (JWKS)" + no_key,
        key ? "take the one key out of it: " + names.into("jq '.keys[0]' " + names.in()) : not_there(wanted)};
  }
  return std::nullopt;
}

/// Containers of the expected file (compressed, encrypted or encoded), and a web page instead of it; nothing for any
/// other format.
std::optional<FileAdvice> about_container(FileFormat format, const FileNames& names) {
  struct Row {
    FileFormat format;
    const char* what;
    std::string hint;
  };
  const std::string in_out = names.out() + " " + names.in();
  const Row rows[] = {
      {FileFormat::kEmpty, "is empty", kGetAgain},
      {FileFormat::kBlank, "is empty but for blanks", kGetAgain},
      {FileFormat::kGzip, "is compressed with gzip", "unpack it: " + names.into("gzip -dc " + names.in())},
      {FileFormat::kZip, "is a ZIP archive", "unpack it and give the file in it: unzip " + names.in()},
      {FileFormat::kAgeFile, "is encrypted with age", "decrypt it: age --decrypt --output " + in_out},
      {FileFormat::kGpgFile, "is encrypted with OpenPGP",
       "decrypt it: gpg --output " + names.out() + " --decrypt " + names.in()},
      {FileFormat::kAnsibleVault, "is encrypted with Ansible Vault",
       "decrypt it: ansible-vault decrypt --output " + in_out},
      {FileFormat::kBase64OfPem, "is PEM that was encoded with base64 once more",
       convert(names.into("base64 -d " + names.in()))},
      {FileFormat::kHtml, "is an HTML page, not PEM", "download the file again; the server sent a page instead"},
      {FileFormat::kXml, "is XML, not PEM", "download the file again; the server may have sent an error instead"},
      {FileFormat::kGitLfs, "is a Git LFS pointer, not the file itself", "fetch the file: git lfs pull"}};
  for (const Row& row : rows) {
    if (row.format == format) return FileAdvice{row.what, row.hint};
  }
  return std::nullopt;
}

}  // namespace

FileAdvice about_format(FileFormat format, FileRole role, const FileNames& names) {
  const Wanted wanted = wanted_of(role);
  if (auto advice = about_foreign_key(format, wanted, names)) return std::move(*advice);
  if (auto advice = about_container(format, names)) return std::move(*advice);
  const bool wide = format == FileFormat::kUtf16 || format == FileFormat::kUtf16Little ||
                    format == FileFormat::kUtf16Big || format == FileFormat::kUtf32;
  if (wide) return about_wide_text(format, names);
  if (format == FileFormat::kAwsClaim) return about_aws_claim(role, names);
  if (format == FileFormat::kJson) return {"is JSON, not PEM", from_json(names)};
  constexpr auto kNone = std::to_array<std::string_view>({"holds no PEM certificate", "holds no PEM private key",
                                                          "holds no PEM certificate request",
                                                          "holds neither JSON of the AWS CLI nor PEM"});
  return {
      std::string(kNone[static_cast<std::size_t>(wanted)]) + (format == FileFormat::kBinary ? ", but binary data" : ""),
      not_there(wanted)};
}

}  // namespace fleet_provision
