// The detected format of a file and the message for it, as tables. tests/cli/simulated_formats.test runs the commands
// of the hints on real files.
#include "core/file_format.hpp"

#include <map>

#include "core/file_advice.hpp"
#include "core/text.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace std::string_literals;
using enum FileRole;

namespace {

std::string block(const std::string& label, const std::string& body = "AAAA\n") {
  return "-----BEGIN " + label + "-----\n" + body + "-----END " + label + "-----\n";
}

std::string der(char tag, const std::string& content) {
  std::string bytes(1, tag);
  if (content.size() < 128) return bytes + static_cast<char>(content.size()) + content;
  return bytes + '\x82' + static_cast<char>(content.size() >> 8U) + static_cast<char>(content.size() & 0xFFU) + content;
}
std::string sequence(const std::string& content) {
  return der('\x30', content);
}
const std::string kNumber = der('\x02', "\x01");
const std::string kOid = der('\x06', "\x2A\x03");
const std::string kBits = der('\x03', "\0x"s);
const std::string kOctets = der('\x04', "xxxx");
const std::string kTime = der('\x17', "260101000000Z");
const std::string kName = sequence("");
const std::string kKey = sequence(sequence(kOid) + kBits);
const std::string kPkcs7Oid = der('\x06', "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02");

std::string signed_der(const std::string& what) {
  return sequence(sequence(what) + sequence(kOid) + kBits);
}

/// RFC 4648 section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view part = bytes.substr(at, 3);
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8U | (i < part.size() ? static_cast<unsigned char>(part[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= part.size() ? kDigits[bits >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

std::string wide(const std::string& text, bool little) {
  std::string bytes;
  for (const char each : text) bytes += little ? std::string{each, '\0'} : std::string{'\0', each};
  return bytes;
}

}  // namespace

TEST_CASE("each label of PEM names its object") {
  struct Row {
    const char* label;
    FileObject object;
  };
  for (const Row& row : {Row{"CERTIFICATE", FileObject::kCertificate},
                         Row{"X509 CERTIFICATE", FileObject::kCertificate},
                         Row{"TRUSTED CERTIFICATE", FileObject::kCertificate},
                         Row{"PRIVATE KEY", FileObject::kPrivateKey},
                         Row{"EC PRIVATE KEY", FileObject::kPrivateKey},
                         Row{"RSA PRIVATE KEY", FileObject::kPrivateKey},
                         Row{"DSA PRIVATE KEY", FileObject::kPrivateKey},
                         Row{"ENCRYPTED PRIVATE KEY", FileObject::kEncryptedPrivateKey},
                         Row{"CERTIFICATE REQUEST", FileObject::kCsr},
                         Row{"NEW CERTIFICATE REQUEST", FileObject::kCsr},
                         Row{"PUBLIC KEY", FileObject::kPublicKey},
                         Row{"RSA PUBLIC KEY", FileObject::kPublicKey},
                         Row{"X509 CRL", FileObject::kCrl},
                         Row{"PKCS7", FileObject::kPkcs7},
                         Row{"PKCS #7 SIGNED DATA", FileObject::kPkcs7},
                         Row{"CMS", FileObject::kPkcs7},
                         Row{"PKCS12", FileObject::kPkcs12},
                         Row{"OPENSSH PRIVATE KEY", FileObject::kOpenSshKey},
                         Row{"TSS2 PRIVATE KEY", FileObject::kTpmKey},
                         Row{"EC PARAMETERS", FileObject::kEcParameters},
                         Row{"DH PARAMETERS", FileObject::kDhParameters},
                         Row{"X9.42 DH PARAMETERS", FileObject::kDhParameters},
                         Row{"AGE ENCRYPTED FILE", FileObject::kAge},
                         Row{"certificate", FileObject::kUnknown},
                         Row{"", FileObject::kUnknown}}) {
    CAPTURE(row.label);
    CHECK(object_of_label(row.label) == row.object);
  }
}

TEST_CASE("files that are no PEM are known by their first bytes") {
  struct Row {
    std::string_view bytes;
    FileFormat format;
  };
  for (const Row& row :
       {Row{"\x1F\x8B", FileFormat::kGzip}, Row{std::string_view("PK\x03\x04", 4), FileFormat::kZip},
        Row{"\xFE\xED\xFE\xED", FileFormat::kJavaKeyStore}, Row{"\xCE\xCE\xCE\xCE", FileFormat::kJavaKeyStore},
        Row{"PuTTY-User-Key-File-3: ssh-rsa", FileFormat::kPuttyKey}, Row{"ssh-rsa AAAA", FileFormat::kSshPublicKey},
        Row{"ssh-dss AAAA", FileFormat::kSshPublicKey}, Row{"ssh-ed25519 AAAA", FileFormat::kSshPublicKey},
        Row{"ecdsa-sha2-nistp256 AAAA", FileFormat::kSshPublicKey},
        Row{"---- BEGIN SSH2 PUBLIC KEY ----", FileFormat::kSshPublicKey},
        Row{"age-encryption.org/v1", FileFormat::kAgeFile}, Row{"\x85\x01\x0C", FileFormat::kGpgFile},
        Row{"\x85\x02\x0C", FileFormat::kGpgFile}, Row{"\x84\x5E\x03", FileFormat::kGpgFile},
        Row{"\x8C\x0D\x04", FileFormat::kGpgFile},
        Row{"version https://git-lfs.github.com/spec/v1", FileFormat::kGitLfs},
        Row{"$ANSIBLE_VAULT;1.1;AES256", FileFormat::kAnsibleVault}, Row{"<?xml version='1.0'?>", FileFormat::kXml},
        Row{"<Error><Code>", FileFormat::kXml}}) {
    CAPTURE(row.bytes);
    CHECK(detect_format(row.bytes).format == row.format);
  }
}

TEST_CASE("DER is known by its outline") {
  struct Row {
    std::string bytes;
    FileObject object;
  };
  const std::string validity = sequence(kTime + kTime);
  const Row rows[] = {
      {signed_der(der('\xA0', kNumber) + kNumber + sequence(kOid) + kName + validity + kName + kKey),
       FileObject::kCertificate},
      {signed_der(kNumber + sequence(kOid) + kName + validity + kName + kKey), FileObject::kCertificate},
      {signed_der(kNumber + kName + kKey + der('\xA0', "")), FileObject::kCsr},
      {signed_der(kNumber + kName + kKey), FileObject::kCsr},
      {signed_der(kNumber + sequence(kOid) + kName + kTime), FileObject::kCrl},
      {signed_der(sequence(kOid) + kName + der('\x18', "20260101000000Z")), FileObject::kCrl},
      {sequence(kNumber + sequence(kOid) + kOctets), FileObject::kPrivateKey},
      {sequence(kNumber + kOctets + der('\xA0', kOid)), FileObject::kPrivateKey},
      {sequence(kNumber + kNumber + kNumber + kNumber + kNumber + kNumber + kNumber), FileObject::kPrivateKey},
      {sequence(sequence(kOid) + kOctets), FileObject::kEncryptedPrivateKey},
      {sequence(sequence(kOid) + der('\x24', "xxxx")), FileObject::kEncryptedPrivateKey},
      {sequence(sequence(kNumber) + kOctets), FileObject::kUnknown},
      {kKey, FileObject::kPublicKey},
      {sequence(sequence(kNumber) + kBits), FileObject::kUnknown},
      {sequence(kNumber + kNumber), FileObject::kPublicKey},
      {sequence(kNumber + kNumber + kNumber), FileObject::kUnknown},
      {"\x30\x81\x06"s + kNumber + kNumber, FileObject::kPublicKey},
      {"\x30\x84\0\0\0\x06"s + kNumber + kNumber, FileObject::kPublicKey},
      {"\x30\x85\0\0\0\0\x06"s + kNumber + kNumber, FileObject::kUnknown},
      {"\x30\x82\x01"s, FileObject::kUnknown},
      {"\x30\x81"s, FileObject::kUnknown},
      {sequence(kPkcs7Oid + der('\xA0', "")), FileObject::kPkcs7},
      {sequence(der('\x02', "\x03") + sequence(kPkcs7Oid) + sequence("")), FileObject::kPkcs12},
      {sequence(der('\x02', "\x03") + sequence(kPkcs7Oid)), FileObject::kPkcs12},
      {sequence(der('\x02', "\x02") + sequence(kPkcs7Oid)), FileObject::kUnknown},
      {"\x30\x80"s + der('\x02', "\x03") + sequence(kPkcs7Oid), FileObject::kPkcs12},
      {sequence(kOid), FileObject::kUnknown},
      {sequence(kNumber + sequence(kOid) + kOctets).substr(0, 9), FileObject::kUnknown},
      {"0\x84\xFF\xFF\xFF\xFF"s, FileObject::kUnknown},
      {"0123456789", FileObject::kUnknown},
      {"0", FileObject::kUnknown},
  };
  for (const Row& row : rows) {
    INFO(to_hex(row.bytes));
    CHECK(der_object(row.bytes) == row.object);
  }
  CHECK(is_der_sequence(sequence(kOid)));
  CHECK(is_der_sequence(sequence(kOid) + "\r\n"));
  CHECK_FALSE(is_der_sequence(""));
  CHECK_FALSE(is_der_sequence("0"));
  CHECK_FALSE(is_der_sequence(kOid));
  CHECK_FALSE(is_der_sequence(sequence(kOid) + "x"));
}

TEST_CASE("blocks of PEM are found, and what keeps one from being whole has a name and a line") {
  struct Row {
    std::string text;
    PemFault fault;
    std::size_t line;
  };
  const std::string begin = "-----BEGIN PRIVATE KEY-----";
  const std::string end = "-----END PRIVATE KEY-----";
  const Row rows[] = {
      {begin + R"(\nAAAA\n)" + end + R"(\n)", PemFault::kLiteralLineEnds, 1},
      {"K=\"" + begin + R"(\\nAAAA\\n)" + end + "\"\n", PemFault::kLiteralLineEnds, 1},
      {begin + R"(\r\nAAAA\r\n)" + end, PemFault::kLiteralLineEnds, 1},
      {"x\n\"" + begin + "\",\n\"AAAA\",\n\"" + end + "\"\n", PemFault::kQuoted, 2},
      {"'" + begin + "\nAAAA\n" + end + "'\n", PemFault::kQuoted, 1},
      {"key: |\n  " + begin + "\n  AAAA\n  " + end + "\n", PemFault::kIndented, 2},
      {begin + "\n  AAAA\n  " + end + "\n", PemFault::kIndented, 3},
      {begin + " AAAA " + end + "\n", PemFault::kOneLine, 1},
      {begin + "AAAA" + end, PemFault::kOneLine, 1},
      {begin + "\nAAAA" + end + "\n", PemFault::kOneLine, 2},
      {begin + "\rAAAA\r" + end + "\r", PemFault::kCarriageReturns, 1},
      {"AAAA\r" + begin + "\nAAAA\n" + end + "\n", PemFault::kCarriageReturns, 1},
      {begin + "\nAA\0AA\n"s + end + "\n", PemFault::kNulBytes, 2},
      {begin + "\0\nAAAA\n"s + end + "\n", PemFault::kNulBytes, 1},
      {"\0"s + begin + "\nAAAA\n" + end + "\n", PemFault::kNulBytes, 1},
      {begin + "n\nAAAA\n" + end + "\n", PemFault::kOneLine, 1},
      {"> " + begin + "\n> AAAA\n> " + end + "\n", PemFault::kOtherText, 1},
      {"----BEGIN PRIVATE KEY----\nAAAA\n----END PRIVATE KEY----\n", PemFault::kHyphens, 1},
      {"\n\xE2\x80\x93\xE2\x80\x93"
       "BEGIN PRIVATE KEY"
       "\xE2\x80\x93\nAAAA\n",
       PemFault::kHyphens, 2},
      {begin + "\nAAAA\n", PemFault::kNoEnd, 1},
      {begin, PemFault::kNoEnd, 1},
      {begin + "\nAAAA\n-----END CERTIFICATE-----\n", PemFault::kOtherEnd, 1},
      {begin + "\nAAAA\n" + begin + "\nAAAA\n" + end + "\n", PemFault::kNoEnd, 1},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const PemText pem = read_pem(row.text);
    REQUIRE(!pem.broken.empty());
    CHECK(pem.broken[0].fault == row.fault);
    CHECK(pem.broken[0].line == row.line);
    CHECK(pem.broken[0].label == "PRIVATE KEY");
    const auto objection = objection_to(row.text, kDeviceKey, "key");
    if (pem.blocks.empty()) {
      REQUIRE(objection);
      CHECK_FALSE(objection->hint.empty());
    }
  }
  for (const std::string& text :
       {block("PRIVATE KEY"), "words\n" + block("PRIVATE KEY") + "words", begin + " \t\r\nAAAA\r\n" + end + " \r\n",
        begin + "\nAAAA\n" + end, "\xEF\xBB\xBF" + block("PRIVATE KEY"), block("PRIVATE KEY") + "\0\0"s,
        "the line -----BEGIN PRIVATE KEY----- comes first\n" + block("PRIVATE KEY"),
        block("EC PARAMETERS") + block("EC PRIVATE KEY"), block("CERTIFICATE") + block("RSA PRIVATE KEY"),
        block("ENCRYPTED PRIVATE KEY")}) {
    INFO(text);
    CHECK_FALSE(objection_to(text, kDeviceKey, "key"));
    CHECK(wanted_block(text, kDeviceKey).text.starts_with("-----BEGIN"));
    CHECK(wanted_block(text, kDeviceKey).label.ends_with("PRIVATE KEY"));
  }
}

TEST_CASE("a label has at most 59 characters, of those that labels have") {
  for (const std::string& label : {std::string(59, 'A'), "X9.42 #7"s, "AZ"s, "09"s}) {
    CHECK(read_pem(block(label)).blocks.size() == 1);
  }
  for (const std::string& label : {std::string(60, 'A'), ""s, "a"s, "A-"s, "@"s, "["s, "/"s, ":"s, "A_B"s}) {
    CHECK(read_pem(block(label)).blocks.empty());
  }
}

TEST_CASE("a message shows at most 40 characters of a label") {
  const std::string shown(40, 'A');
  for (const std::string& label : {shown, shown + "B"}) {
    INFO(label);
    const std::string expected = label == shown ? shown : shown + "…";
    CHECK(describe_not_pem(block(label)) == "holds a PEM block of the kind " + expected);
    CHECK(objection_to(block(label), kRoots, "F")->what.find("the kind " + expected + ", not") != std::string::npos);
  }
  CHECK(describe_not_pem("") == "is empty");
  CHECK(describe_not_pem(sequence(kOid)) == "is DER, not PEM");
  CHECK(describe_not_pem("text") == "is not PEM");
}

TEST_CASE("damage in a block is reported with its line") {
  CHECK(where_damaged("x\n" + block("CERTIFICATE", "AAAA\nAA*A\n"), kRoots) == " (line 4 is not base64)");
  CHECK(where_damaged(block("CERTIFICATE", "AAAA\nAAA\n"), kRoots) == " (a part of its base64 is missing)");
  CHECK(where_damaged(block("CERTIFICATE", ""), kRoots) == " (there is nothing between its BEGIN and END lines)");
  CHECK(where_damaged(block("CERTIFICATE", "AAAA\r\n AA==\n"), kRoots).empty());
  CHECK(where_damaged(block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: A,00\n\nAAAA\n"), kClaimKey).empty());
}

TEST_CASE("each format is named for each role, with something to do") {
  struct Row {
    std::string bytes;
    FileFormat format;
    FileRole role;
    std::string said;
    std::string hint;
  };
  const std::string key8 = sequence(kNumber + sequence(kOid) + kOctets);
  const std::string p12 = sequence(der('\x02', "\x03") + sequence(kPkcs7Oid) + sequence(""));
  const std::string aws = R"({"certificatePem": "-----BEGIN CERTIFICATE-----\n", "keyPair": {}})";
  const std::string certificate = signed_der(kNumber + sequence(kOid) + kName + sequence(kTime + kTime) + kName + kKey);
  const std::string request = signed_der(kNumber + kName + kKey);
  const std::string filler = der('\x04', std::string(60, 'x'));
  const Row rows[] = {
      {"", FileFormat::kEmpty, kClaimKey, "is empty", "copy the file again"},
      {" \r\n\0"s, FileFormat::kBlank, kClaimKey, "is empty but for blanks", "copy the file again"},
      {"\xFF\xFE" + wide("abcd", true), FileFormat::kUtf16, kRoots, "is UTF-16 text",
       "iconv -f UTF-16 -t UTF-8 F > F.pem"},
      {wide("abcd", true), FileFormat::kUtf16Little, kRoots, "is UTF-16LE text", "iconv -f UTF-16LE"},
      {wide("abcd", false), FileFormat::kUtf16Big, kClaim, "is UTF-16BE text", "(umask 077; iconv -f UTF-16BE"},
      {"\xFF\xFE\0\0a\0\0\0"s, FileFormat::kUtf32, kRoots, "is UTF-32 text", "iconv -f UTF-32"},
      {"\x1F\x8B\x08", FileFormat::kGzip, kDeviceKey, "gzip", "gzip -dc F > F.pem)"},
      {"PK\x03\x04", FileFormat::kZip, kClaimCertificate, "ZIP", "unzip F"},
      {"\xFE\xED\xFE\xED\0\0\0\2"s, FileFormat::kJavaKeyStore, kClaimKey, "Java keystore", "keytool -importkeystore"},
      {"PuTTY-User-Key-File-3: ecdsa", FileFormat::kPuttyKey, kDeviceKey, "PuTTY",
       "puttygen F -O private-openssh -o F.pem"},
      {"PuTTY-User-Key-File-3: ecdsa", FileFormat::kPuttyKey, kRoots, "PuTTY", "BEGIN CERTIFICATE"},
      {"ssh-ed25519 AAAA user@host\n", FileFormat::kSshPublicKey, kDeviceKey, "public key of SSH", "private key"},
      {"age-encryption.org/v1\n", FileFormat::kAgeFile, kClaimKey, "age", "age --decrypt --output F.pem F"},
      {"\x85\x01\x0C\x03", FileFormat::kGpgFile, kClaimKey, "OpenPGP", "gpg --output F.pem --decrypt F"},
      {aws, FileFormat::kAwsClaim, kClaimCertificate, "JSON of the AWS CLI", "--claim F"},
      {aws, FileFormat::kAwsClaim, kClaimKey, "JSON of the AWS CLI", "--claim F"},
      {aws, FileFormat::kAwsClaim, kCsr, "JSON of the AWS CLI", "-----BEGIN CERTIFICATE REQUEST-----"},
      {aws, FileFormat::kAwsClaim, kRoots, "JSON of the AWS CLI", "jq -r .certificatePem F > F.pem"},
      {R"({"kty": "EC"})", FileFormat::kJwk, kClaimKey, "(JWK)",
       "step crypto key format --pem --no-password --insecure F --out F.pem"},
      {R"({"keys": [{"kty": "EC"}]})", FileFormat::kJwkSet, kClaimKey, "(JWKS)", "jq '.keys[0]' F"},
      {R"(["-----BEGIN CERTIFICATE-----\n"])", FileFormat::kJson, kRoots, "is JSON", "jq -r"},
      {"<!DOCTYPE html>\n<html>", FileFormat::kHtml, kRoots, "HTML", "download"},
      {"<?xml version='1.0'?><Error/>", FileFormat::kXml, kRoots, "XML", "download"},
      {"version https://git-lfs.github.com/spec/v1", FileFormat::kGitLfs, kRoots, "Git LFS", "git lfs pull"},
      {"$ANSIBLE_VAULT;1.1;AES256\n", FileFormat::kAnsibleVault, kClaimKey, "Ansible", "ansible-vault decrypt"},
      {"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=", FileFormat::kBase64OfPem,
       kRoots, "encoded with base64 once more", "base64 -d F > F.pem"},
      {"\x01\x02\xFF", FileFormat::kBinary, kRoots, "binary data", "BEGIN CERTIFICATE"},
      {"hello", FileFormat::kText, kRoots, "holds no PEM certificate", "BEGIN CERTIFICATE"},
      {"hello", FileFormat::kText, kDeviceKey, "holds no PEM private key", "BEGIN PRIVATE KEY"},
      {"hello", FileFormat::kText, kCsr, "holds no PEM certificate request", "BEGIN CERTIFICATE REQUEST"},
      {"hello", FileFormat::kText, kClaim, "neither JSON of the AWS CLI nor PEM", "--claim-cert and --claim-key"},
      {key8, FileFormat::kDer, kClaimKey, "is DER (a private key)", "openssl pkey -inform DER -in F -out F.pem"},
      {key8, FileFormat::kDer, kClaimCertificate, "is DER (a private key), not a certificate", "swap"},
      {certificate, FileFormat::kDer, kClaimCertificate, "is DER (a certificate)",
       "openssl x509 -inform DER -in F -out F.pem"},
      {certificate, FileFormat::kDer, kClaimKey, "is DER (a certificate), not a private key", "swap --claim-cert and"},
      {sequence(sequence(kOid) + kOctets), FileFormat::kDer, kDeviceKey, "is DER (an encrypted private key)",
       "openssl pkcs8 -inform DER -in F -out F.pem"},
      {p12, FileFormat::kDer, kClaimCertificate, "PKCS#12", "openssl pkcs12 -in F -clcerts -nokeys -out F.cert.pem"},
      {p12, FileFormat::kDer, kRoots, "PKCS#12", "openssl pkcs12 -in F -cacerts -nokeys -out F.pem"},
      {p12, FileFormat::kDer, kDeviceKey, "PKCS#12", "openssl pkcs12 -in F -nocerts -nodes -out F.key.pem"},
      {p12, FileFormat::kDer, kClaim, "PKCS#12", "openssl pkcs12 -in F -nodes -out F.pem"},
      {p12, FileFormat::kDer, kCsr, "PKCS#12", "-----BEGIN CERTIFICATE REQUEST-----"},
      {request, FileFormat::kDer, kCsr, "is DER (a certificate request (CSR))",
       "openssl req -inform DER -in F -out F.pem"},
      {sequence(kOid), FileFormat::kDer, kRoots, "is DER, not PEM", "BEGIN CERTIFICATE"},
      {base64(certificate), FileFormat::kBase64OfDer, kRoots, "without BEGIN and END lines (a certificate)",
       "base64 -d F | openssl x509 -inform DER -out F.pem"},
      {base64(sequence(kNumber + sequence(kOid) + filler)), FileFormat::kBase64OfDer, kDeviceKey,
       "without BEGIN and END lines (a private key)", "base64 -d F | openssl pkey -inform DER -out F.pem"},
      {base64(signed_der(kNumber + sequence(filler) + kKey)), FileFormat::kBase64OfDer, kCsr,
       "without BEGIN and END lines (a certificate request (CSR))", "base64 -d F | openssl req -inform DER -out F.pem"},
      {base64(sequence(der('\x02', "\x03") + sequence(kPkcs7Oid + filler))), FileFormat::kBase64OfDer, kDeviceKey,
       "without BEGIN and END lines", "base64 -d F > F.p12"},
      {base64(certificate), FileFormat::kBase64OfDer, kDeviceKey, "(a certificate), not a private key in PEM",
       "BEGIN PRIVATE KEY"},
      {base64(certificate), FileFormat::kBase64OfDer, kClaim, "(a certificate), not ", "--claim-cert"},
      {block("OPENSSH PRIVATE KEY"), FileFormat::kPem, kDeviceKey, "OpenSSH", "ssh-keygen -p -N '' -m PEM -f F.pem"},
      {block("PKCS7"), FileFormat::kPem, kClaimCertificate, "PKCS#7", "openssl pkcs7 -print_certs -in F -out F.pem"},
      {block("EC PARAMETERS"), FileFormat::kPem, kDeviceKey, "holds EC parameters, not a private key", "PRIVATE KEY"},
      {block("TSS2 PRIVATE KEY"), FileFormat::kPem, kDeviceKey, "a key that a TPM wrapped", "a file of its own"},
      {block("PGP MESSAGE"), FileFormat::kPem, kClaimKey, "OpenPGP", "gpg"},
      {block("AGE ENCRYPTED FILE"), FileFormat::kPem, kClaimKey, "age", "age --decrypt"},
      {block("PUBLIC KEY"), FileFormat::kPem, kClaimKey, "holds a public key", "give the file of the private key"},
      {block("PRIVATE KEY"), FileFormat::kPem, kCsr, "holds a private key", "give it with --key, or give a CSR"},
      {block("CERTIFICATE REQUEST"), FileFormat::kPem, kDeviceKey, "holds a certificate request", "give it with --csr"},
      {block("CERTIFICATE REQUEST"), FileFormat::kPem, kClaimCertificate, "holds a certificate request",
       "give the certificate that was issued"},
      {block("SOMETHING"), FileFormat::kPem, kRoots, "a PEM block of the kind SOMETHING", "BEGIN CERTIFICATE"},
      {block("CERTIFICATE"), FileFormat::kPem, kClaim, "without its private key", "--claim-cert"},
      {block("EC PRIVATE KEY"), FileFormat::kPem, kClaim, "without its certificate", "--claim-key"},
  };
  for (const Row& row : rows) {
    INFO(printable(row.bytes));
    CHECK(detect_format(row.bytes).format == row.format);
    const auto objection = objection_to(row.bytes, row.role, "F");
    REQUIRE(objection);
    INFO(objection->what << " / " << objection->hint);
    CHECK(objection->what.find(row.said) != std::string::npos);
    CHECK(objection->hint.find(row.hint) != std::string::npos);
    // Every other role has advice too.
    for (const FileRole role : {kClaimCertificate, kClaimKey, kClaim, kRoots, kDeviceKey, kCsr}) {
      const auto other = objection_to(row.bytes, role, "F");
      if (other) CHECK_FALSE((other->what.empty() || other->hint.empty() || other->hint.ends_with('.')));
    }
  }
  CHECK_FALSE(objection_to(block("PRIVATE KEY") + block("CERTIFICATE"), kClaim, "F"));
}

TEST_CASE("base64 of DER is looked into from 64 characters on") {
  std::map<std::size_t, FileFormat> by_size;
  for (std::size_t filler = 10; filler < 40; ++filler) {
    const std::string text = base64(sequence(kNumber + sequence(kOid) + der('\x04', std::string(filler, 'x'))));
    by_size[text.size()] = detect_format(text).format;
  }
  CHECK(by_size.at(60) == FileFormat::kText);
  CHECK(by_size.at(64) == FileFormat::kBase64OfDer);
}

TEST_CASE("a character that is not base64 is damage, and blanks are not") {
  const std::string known = "+/=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \t\r\v\f";
  for (int c = 1; c < 256; ++c) {
    if (c == '\n') continue;
    INFO(c);
    const std::string one(1, static_cast<char>(c));
    const std::string where = where_damaged(block("CERTIFICATE", "AAAA\n" + one + "\n"), kRoots);
    CHECK((where == " (line 3 is not base64)") == (known.find(one) == std::string::npos));
  }
}
