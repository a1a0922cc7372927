// What is said of a key, a request or a subject that is refused, with its hint; and the names in a certificate.
#include <openssl/core_names.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <string>
#include <vector>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/distinguished_name.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
using namespace std::string_literals;

struct Refusals {
  TemporaryDirectory here;
  Interrupt interrupt;
  OpensslKeysmith keysmith{interrupt};

  ~Refusals() { CHECK(ERR_peek_error() == 0); }
};

fixture::Key with_explicit_curve() {
  fixture::Key key = fixture::ec_key();
  REQUIRE(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT) == 1);
  return key;
}

TEST_CASE("what is wrong with a subject is said") {
  const struct {
    std::string text;
    const char* words;
  } rows[] = {
      {"", "the CSR subject is empty"},
      {"/CN=a", "is in the form of openssl's -subj"},
      {"  /CN=a", "is in the form of openssl's -subj"},
      {"=a", "has a part without a name"},
      {" =a", "has a part without a name"},
      {"CN=a,=b", "has a part without a name"},
      {"CN=a,", "has a part without a name"},
      {"CN=a+", "has a part without a name"},
      {" ", "has a part without a name"},
      {"gateway", "has a part without ="},
      {"CN=a,O", "has a part without ="},
      {"CN,O=a", "has a part without ="},
      {"CN+O=a", "has a part without ="},
      {"CN=", "has no value for CN"},
      {"CN  = ,O=a", "has no value for CN"},
      {"CN=+O=a", "has no value for CN"},
      {"CN=\xff", "is not UTF-8"},
      {"CN=\\C3", "is not UTF-8"},
      {"CN=a\\00", "holds a NUL"},
      {"CN=\"a\"", "has a value that begins with \""},
      {"CN= #0402", "has a value that begins with #"},
      {"CN=a\\", "has a backslash before a character that needs none"},
      {"CN=a\\4", "has a backslash before a character that needs none"},
      {"CN=a\\4g", "has a backslash before a character that needs none"},
      {"CN=a\\g4", "has a backslash before a character that needs none"},
      {"CN=a\\x", "has a backslash before a character that needs none"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto names = parse_distinguished_name(row.text);
    REQUIRE_FALSE(names);
    CHECK(names.error().kind == ErrorKind::kUsage);
    CHECK_THAT(names.error().message, Catch::EndsWith(row.words));
    CHECK_THAT(names.error().hint, Catch::StartsWith("write it like CN=gateway-1,O=Example"));
  }
}

TEST_CASE("blanks and escapes in a subject are where they were written") {
  const struct {
    const char* text;
    std::string type;
    std::string value;
  } rows[] = {
      {"CN=\\41bc", "CN", "Abc"},
      {"CN=a\\2Cb", "CN", "a,b"},
      {"CN=a\\20", "CN", "a "},
      {"CN=\\20a", "CN", " a"},
      {"CN=a\\20 ", "CN", "a "},
      {"CN=a  b", "CN", "a  b"},
      {"CN=a", "CN", "a"},
      {"CN   =   a   ", "CN", "a"},
      {"a b=c", "a b", "c"},
      {"CN=\\ ", "CN", " "},
      {"CN=\\+", "CN", "+"},
      {"CN=a\\\\b", "CN", "a\\b"},
      {"CN=ab\\C3\\A9", "CN", "ab\xC3\xA9"},
      {"CN=\\6a\\6B", "CN", "jk"},
      {"CN==", "CN", "="},
      {"CN=a\\,", "CN", "a,"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto names = parse_distinguished_name(row.text);
    REQUIRE(names);
    REQUIRE(names->size() == 1);
    REQUIRE(names->front().size() == 1);
    CHECK(names->front()[0].type == row.type);
    CHECK(names->front()[0].value == row.value);
  }
}

TEST_CASE_METHOD(Refusals, "a request that is refused is told why, where it is damaged, and what to do") {
  const auto key = fixture::ec_key();
  const std::string pem = fixture::request_pem(fixture::request(key, EVP_sha256()));
  std::string damaged = pem;
  damaged[pem.find('\n') + 70] = '!';
  std::string unknown_type = fixture::request_der(fixture::request(key, EVP_sha256()));
  unknown_type.replace(unknown_type.find("\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01"s), 9,
                       "\x06\x07\x2A\x86\x48\xCE\x3D\x02\x7F"s);
  const struct {
    std::string bytes;
    const char* words;
    const char* hint;
  } rows[] = {
      {damaged, " (line 3", "copy the CSR again; the file may be damaged"},
      {pem + pem, "holds more than one request", ""},
      {fixture::pem_block("CERTIFICATE REQUEST", unknown_type), "holds a key of an unknown type", ""},
      {fixture::request_pem(fixture::request(with_explicit_curve(), EVP_sha256())),
       "has explicit curve parameters; AWS IoT accepts named curves only",
       "create the CSR again with a key on a named"},
      {fixture::request_pem(fixture::request(fixture::rsa_key(2048), EVP_md5())), "is signed with SHA-1 or MD5",
       "create it again with SHA-256: openssl req -new -sha256"},
      {fixture::request_pem(fixture::request(fixture::ec_key("secp224r1"), EVP_sha256())), "is on the curve secp224r1",
       "use a key that AWS IoT accepts"},
  };
  for (const auto& row : rows) {
    INFO(row.words);
    const auto csr = keysmith.open_csr(here.write("csr.pem", row.bytes));
    REQUIRE_FALSE(csr);
    CHECK(csr.error().kind == ErrorKind::kCsrUnusable);
    CHECK_THAT(csr.error().message, Catch::Contains(row.words) && Catch::Contains("the CSR " + (here / "csr.pem")));
    CHECK_THAT(csr.error().hint, Catch::StartsWith(row.hint));
  }
  for (const char* curve : {"P-384", "P-521"}) {
    CHECK(keysmith.open_csr(
        here.write("csr.pem", fixture::request_pem(fixture::request(fixture::ec_key(curve), EVP_sha384())))));
  }
  CHECK(keysmith.open_csr(here.write("csr.pem", "\xEF\xBB\xBF" + pem)));
}

TEST_CASE_METHOD(Refusals, "a key that is refused is told why, where it is damaged, and what to do") {
  const auto key = fixture::ec_key();
  std::string damaged = fixture::pkcs8_pem(key);
  damaged[damaged.find('\n') + 70] = '!';
  const struct {
    std::string bytes;
    const char* words;
    std::string hint;
  } rows[] = {
      {damaged, " (line 3", "copy the key again; the file may be damaged"},
      {fixture::encrypted_pkcs8_pem(key), "is encrypted",
       "decrypt it: openssl pkey -in " + (here / "key.pem") + " -out "},
      {fixture::pkcs8_pem(with_explicit_curve()), "has explicit curve parameters; AWS IoT accepts named curves only",
       "convert it: openssl pkey -ec_param_enc named_curve -in " + (here / "key.pem") + " -out "},
      {fixture::pkcs8_pem(fixture::rsa_key(2047)), "is RSA with 2047 bits", "use a key that AWS IoT accepts: RSA with"},
      {fixture::pkcs8_pem(fixture::ec_key("secp224r1")), "is on the curve secp224r1", "use a key that AWS IoT accepts"},
      {fixture::pkcs8_pem(fixture::ed25519_key()), "is of the type ED25519", "use a key that AWS IoT accepts"},
  };
  for (const auto& row : rows) {
    INFO(row.words);
    const auto opened = keysmith.open_key(here.write("key.pem", row.bytes));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::kDeviceKeyUnusable);
    CHECK_THAT(opened.error().message, Catch::Contains(row.words));
    CHECK_THAT(opened.error().hint, Catch::StartsWith(row.hint));
  }
}

TEST_CASE_METHOD(Refusals, "a key that is read after another is not mistaken for it") {
  const auto one = fixture::ec_key();
  const auto other = fixture::ec_key("P-384");
  const auto first = keysmith.read_key(Secret(fixture::pkcs8_pem(one)));
  const auto second = keysmith.read_key(Secret(fixture::pkcs8_pem(other)));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->type == "ec-p256");
  CHECK(second->type == "ec-p384");
  CHECK(keysmith.read_key(second->pem)->public_key_sha256 == second->public_key_sha256);
  CHECK(keysmith.read_key(first->pem)->public_key_sha256 == first->public_key_sha256);
  // Each signs its own request, also when the other was the last.
  for (const DeviceKey* key : {&*second, &*first, &*second}) {
    const auto csr = keysmith.make_csr(*key, "CN=a");
    REQUIRE(csr);
    CHECK(csr->public_key_sha256 == key->public_key_sha256);
  }
  keysmith.forget_keys();
  CHECK(keysmith.make_csr(*first, "CN=a")->public_key_sha256 == first->public_key_sha256);
}

TEST_CASE_METHOD(Refusals, "a key in a token is planned, and no other") {
  const auto made = keysmith.make_key({KeyType::kEcP256, TokenStore{}});
  REQUIRE_FALSE(made);
  CHECK(made.error().message == "a key in a token is planned before it is made");
  const auto planned = keysmith.make_planned_key(PemFile{}, KeyType::kEcP256);
  REQUIRE_FALSE(planned);
  CHECK(planned.error().message == "only a key in a token is planned");
  interrupt.raise(ErrorKind::kTerminated);
  CHECK(keysmith.make_planned_key(PemFile{}, KeyType::kEcP256).error().kind == ErrorKind::kTerminated);
  CHECK(keysmith.plan_key({KeyType::kEcP256, FileStore{}}, {}).error().kind == ErrorKind::kTerminated);
}

TEST_CASE_METHOD(Refusals, "a certificate's names are those of DNS and its addresses") {
  const struct {
    const char* written;
    std::vector<std::string> names;
  } rows[] = {
      {"DNS:a.example,DNS:b.example", {"a.example", "b.example"}},
      {"IP:192.0.2.1,DNS:a", {"192.0.2.1", "a"}},
      {"IP:2001:db8::1", {"2001:db8::1"}},
      {"email:a@b.example,URI:urn:a,DNS:c", {"c"}},
      {"email:a@b.example", {}},
  };
  const auto key = fixture::ec_key();
  for (const auto& row : rows) {
    INFO(row.written);
    const auto certificate = fixture::certificate(key);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, row.written);
    REQUIRE(names != nullptr);
    REQUIRE(X509_add_ext(certificate.get(), names, -1) == 1);
    X509_EXTENSION_free(names);
    CHECK(names_of(*certificate) == row.names);
  }
  CHECK(names_of(*fixture::certificate(key)).empty());
}

TEST_CASE_METHOD(Refusals, "a date before the range of WallTime becomes its minimum") {
  using std::chrono::seconds;
  const auto key = fixture::ec_key();
  const auto begin_of = [&](const char* date) {
    const auto facts = keysmith.read_certificate(fixture::certificate_pem(fixture::certificate(key, date)));
    return std::chrono::floor<seconds>(facts.value().not_before.time_since_epoch()).count();
  };
  CHECK(begin_of("19691231235959Z") == -1);
  CHECK(begin_of("16780101000000Z") == -9214560000);
  CHECK(begin_of("00010101000000Z") == -9223372036);
}

}  // namespace
}  // namespace fleet_provision
