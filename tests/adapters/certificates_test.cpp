// Which texts are accepted as a certificate, and the facts that are read from them.
#include <string>

#include "adapters/keys/openssl_keysmith.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

struct Reader {
  Interrupt interrupt;
  OpensslKeysmith keysmith{interrupt};

  ~Reader() { CHECK(ERR_peek_error() == 0); }
};

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char each : text) result += each == '\n' ? "\r\n" : std::string(1, each);
  return result;
}

TEST_CASE_METHOD(Reader, "a certificate says whose key it is, its names and its dates") {
  const auto key = fixture::ec_key();
  const auto certificate = fixture::certificate(key);
  const auto facts = keysmith.read_certificate(fixture::certificate_pem(certificate));
  REQUIRE(facts);
  CHECK(facts->fingerprint == keysmith.sha256_hex(fixture::certificate_der(certificate)));
  CHECK(facts->public_key_sha256 == keysmith.read_key(Secret(fixture::pkcs8_pem(key)))->public_key_sha256);
  CHECK(facts->subject == "CN=AWS IoT Certificate");
  CHECK(facts->issuer == "CN=issuer");
  CHECK(rfc3339(facts->not_before) == "2026-01-01T00:00:00Z");
  CHECK(rfc3339(facts->not_after) == "2049-12-31T23:59:59Z");
}

TEST_CASE_METHOD(Reader, "dates of every century come out right") {
  const struct {
    const char* asn1;
    std::string text;
  } rows[] = {
      {"19500101000000Z", "1950-01-01T00:00:00Z"},
      {"19700101000000Z", "1970-01-01T00:00:00Z"},
      {"20000229120000Z", "2000-02-29T12:00:00Z"},
      {"20380119031408Z", "2038-01-19T03:14:08Z"},
      {"20491231235959Z", "2049-12-31T23:59:59Z"},
      {"20500101000000Z", "2050-01-01T00:00:00Z"},
      {"21060207062816Z", "2106-02-07T06:28:16Z"},
      {"22000101000000Z", "2200-01-01T00:00:00Z"},
      // A time behind the range of WallTime becomes its maximum.
      {"99991231235959Z", "2262-04-11T23:47:16Z"},
  };
  const auto key = fixture::ec_key();
  for (const auto& row : rows) {
    const auto facts =
        keysmith.read_certificate(fixture::certificate_pem(fixture::certificate(key, "19500101000000Z", row.asn1)));
    REQUIRE(facts);
    CHECK(rfc3339(facts->not_after) == row.text);
  }
}

TEST_CASE_METHOD(Reader, "names are printable whatever they hold") {
  const struct {
    const char* name;
    std::string printed;
  } rows[] = {
      {"a\x1b[31mb\nc", R"(CN=a\1B[31mb\0Ac)"},
      {"gerät", R"(CN=ger\C3\A4t)"},
      {"a,b=c+d", R"(CN=a\,b=c\+d)"},
  };
  const auto key = fixture::ec_key();
  for (const auto& row : rows) {
    const auto facts = keysmith.read_certificate(
        fixture::certificate_pem(fixture::certificate(key, "20260101000000Z", "20491231235959Z", row.name)));
    REQUIRE(facts);
    CHECK(facts->subject == row.printed);
  }
}

TEST_CASE_METHOD(Reader, "one certificate is taken however its lines end") {
  const std::string pem = fixture::certificate_pem(fixture::certificate(fixture::ec_key()));
  const std::string rows[] = {
      pem,
      with_crlf(pem),
      pem.substr(0, pem.size() - 1),
      with_crlf(pem).substr(0, with_crlf(pem).size() - 2),
      "\n\n" + pem + "\n\n",
      "subject=CN = AWS IoT Certificate\n" + pem,
      pem + "words behind it\n\x1b[31m",
  };
  for (const std::string& row : rows) {
    const auto facts = keysmith.read_certificate(row);
    REQUIRE(facts);
    // The program stores only the certificate, without the text around it.
    CHECK(facts->pem == pem);
  }
}

TEST_CASE_METHOD(Reader, "anything but exactly one certificate is refused with its cause") {
  const auto key = fixture::ec_key();
  const auto certificate = fixture::certificate(key);
  const std::string pem = fixture::certificate_pem(certificate);
  const std::string der = fixture::certificate_der(certificate);
  std::string damaged = pem;
  damaged[200] = '!';
  const struct {
    std::string bytes;
    std::string words;
  } rows[] = {
      {"", "is empty"},
      {"not a certificate", "is not PEM"},
      {der, "is DER, not PEM"},
      {pem + pem, "is followed by another PEM block"},
      {pem + fixture::pkcs8_pem(key), "is followed by another PEM block"},
      {pem + "-----BEGIN CERTIFICATE-----\nAAAA\n", "is damaged PEM"},
      {fixture::pkcs8_pem(key), "is a PEM block of the kind PRIVATE KEY"},
      {fixture::pkcs8_pem(key) + pem, "is a PEM block of the kind PRIVATE KEY"},
      {fixture::pem_block("TRUSTED CERTIFICATE", der), "is a PEM block of the kind TRUSTED CERTIFICATE"},
      {fixture::pem_block("CERTIFICATE", der, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n"),
       "is a PEM block of the kind CERTIFICATE"},
      {fixture::pem_block("CERTIFICATE", der + "x"), "has extra bytes at its end"},
      {fixture::pem_block("CERTIFICATE", der.substr(0, der.size() - 1)), "does not parse"},
      {fixture::pem_block("CERTIFICATE", "nonsense"), "does not parse"},
      {damaged, "is damaged PEM"},
      {pem.substr(0, pem.size() / 2), "is damaged PEM"},
      {pem.substr(0, pem.size() - 10), "is damaged PEM"},
  };
  for (const auto& row : rows) {
    INFO(row.words);
    const auto facts = keysmith.read_certificate(row.bytes);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().kind == ErrorKind::kIssuedCertificateUnusable);
    INFO(facts.error().message);
    CHECK(facts.error().message.find(row.words) != std::string::npos);
  }
}

}  // namespace
}  // namespace fleet_provision
