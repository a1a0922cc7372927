// Keys and CSRs, checked with OpenSSL's own functions.
#include <openssl/core_names.h>
#include <sys/stat.h>

#include <set>
#include <string>
#include <thread>
#include <variant>

#include "adapters/keys/openssl_keysmith.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

struct KeysmithFixture {
  Interrupt interrupt;
  OpensslKeysmith keysmith{interrupt};
  TemporaryDirectory directory;

  // OpenSSL's error queue must be empty after every test.
  ~KeysmithFixture() { CHECK(ERR_peek_error() == 0); }
};

template <class T>
void check_failure(const Result<T>& result, ErrorKind kind, const std::string& words) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == kind);
  INFO(result.error().message);
  CHECK(result.error().message.find(words) != std::string::npos);
}

fixture::Request parse_request(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                          BIO_free_all);
  return {PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr), X509_REQ_free};
}

std::string subject_of(const fixture::Request& request) {
  return fixture::written([&](BIO* bio) {
    // Does not escape characters other than ASCII.
    X509_NAME_print_ex(bio, X509_REQ_get_subject_name(request.get()), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  });
}

TEST_CASE_METHOD(KeysmithFixture, "each type of key is made, read back, and signs a CSR") {
  const KeyType types[] = {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa2048, KeyType::kRsa3072};
  std::set<std::string> fingerprints;
  for (const KeyType type : types) {
    const auto key = keysmith.make_key({type, FileStore{}});
    REQUIRE(key);
    CHECK(key->type == word(type));
    CHECK(std::holds_alternative<PemFile>(key->location));
    CHECK(key->public_key_sha256.size() == 64);
    CHECK(fingerprints.insert(key->public_key_sha256).second);
    CHECK(key->pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    CHECK(key->pem.reveal().ends_with("-----END PRIVATE KEY-----\n"));

    const auto again = keysmith.read_key(key->pem);
    REQUIRE(again);
    CHECK(again->public_key_sha256 == key->public_key_sha256);
    CHECK(again->type == key->type);
    CHECK(again->pem.reveal() == key->pem.reveal());

    const auto csr = keysmith.make_csr(*key, "CN=gateway-1,O=Example");
    REQUIRE(csr);
    CHECK(csr->public_key_sha256 == key->public_key_sha256);
    CHECK(csr->pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    const auto request = parse_request(csr->pem);
    REQUIRE(request);
    CHECK(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) == 1);
    CHECK(subject_of(request) == "CN=gateway-1,O=Example");
    int digest = NID_undef;
    OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request.get()), &digest, nullptr);
    CHECK(digest == NID_sha256);

    // The digest of the public key is that of its DER in the request.
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &der);
    CHECK(keysmith.sha256_hex({reinterpret_cast<char*>(der), static_cast<std::size_t>(size)}) ==
          key->public_key_sha256);
    OPENSSL_free(der);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "two keys are never the same") {
  std::set<std::string> fingerprints;
  for (int i = 0; i < 20; ++i) {
    CHECK(fingerprints.insert(keysmith.make_key({KeyType::kEcP256, FileStore{}})->public_key_sha256).second);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "an interrupted run makes no more keys") {
  std::thread signal([this] { interrupt.raise(ErrorKind::kTerminated); });
  // RSA-4096 takes so long that the interrupt usually arrives during the generation; every other timing ends the loop
  // too.
  while (true) {
    const auto key = keysmith.make_key({KeyType::kRsa4096, FileStore{}});
    if (key) continue;
    CHECK(key.error().kind == ErrorKind::kTerminated);
    break;
  }
  signal.join();
  CHECK(keysmith.make_key({KeyType::kEcP256, FileStore{}}).error().kind == ErrorKind::kTerminated);
}

TEST_CASE_METHOD(KeysmithFixture, "every unencrypted form of a private key is taken") {
  const auto ec = fixture::ec_key();
  const auto rsa = fixture::rsa_key(2048);
  const std::string pkcs8 = fixture::pkcs8_pem(ec);
  std::string crlf;
  for (const char each : pkcs8) crlf += each == '\n' ? "\r\n" : std::string(1, each);
  const struct {
    std::string pem;
    std::string type;
  } rows[] = {
      {pkcs8, "ec-p256"},
      {crlf, "ec-p256"},
      {pkcs8.substr(0, pkcs8.size() - 1), "ec-p256"},
      {"Bag Attributes: none\n" + pkcs8 + "trailing words\n", "ec-p256"},
      {fixture::traditional_pem(ec), "ec-p256"},
      {"\xEF\xBB\xBF" + pkcs8, "ec-p256"},
      // `openssl ecparam -genkey` writes the parameters first.
      {fixture::pem_block("EC PARAMETERS", std::string("\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 10)) +
           fixture::traditional_pem(ec),
       "ec-p256"},
      {fixture::certificate_pem(fixture::certificate(ec)) + pkcs8, "ec-p256"},
      {fixture::traditional_pem(fixture::ec_key("P-384")), "ec-p384"},
      {fixture::pkcs8_pem(fixture::ec_key("P-521")), "ec-p521"},
      {fixture::pkcs8_pem(rsa), "rsa-2048"},
      {fixture::traditional_pem(rsa), "rsa-2048"},
  };
  for (const auto& row : rows) {
    INFO(row.pem.substr(0, 40));
    write_text(directory / "key.pem", row.pem);
    const auto key = keysmith.open_key(directory / "key.pem");
    REQUIRE(key);
    CHECK(key->type == row.type);
    // Only the key is copied, not the text around it.
    CHECK(key->pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    CHECK(key->pem.reveal().find("-----BEGIN", 5) == std::string_view::npos);
    CHECK(keysmith.make_csr(*key, "CN=a"));
  }
}

TEST_CASE_METHOD(KeysmithFixture,
                 "a key that cannot be used is refused with its cause, and no passphrase is asked for") {
  const auto ec = fixture::ec_key();
  // An ECPrivateKey (RFC 5915) ends with its public point; the test replaces it by that of another key.
  std::string torn = fixture::key_der(ec);
  const std::string other = fixture::key_der(fixture::ec_key());
  torn.replace(torn.size() - 65, 65, other, other.size() - 65, 65);
  std::string damaged = fixture::pkcs8_pem(ec);
  damaged.replace(60, 4, "AAAA");
  const struct {
    std::string bytes;
    std::string words;
  } rows[] = {
      {"", "is empty"},
      {"hello\n", "holds no PEM private key"},
      {std::string(2000, '\0'), "is empty but for blanks"},
      {fixture::key_der(ec), "is DER (a private key), not PEM"},
      {fixture::public_pem(ec), "holds a public key, not a private key"},
      {fixture::certificate_pem(fixture::certificate(ec)), "holds a certificate, not a private key"},
      {fixture::encrypted_pkcs8_pem(ec), "is encrypted"},
      {fixture::encrypted_traditional_pem(ec), "is encrypted"},
      {fixture::encrypted_pkcs8_pem(fixture::rsa_key(2048)), "is encrypted"},
      {fixture::pkcs8_pem(fixture::rsa_key(1024)), "is RSA with 1024 bits"},
      {fixture::pkcs8_pem(fixture::ed25519_key()), "is of the type ED25519"},
      {fixture::pkcs8_pem(fixture::ec_key("secp256k1")), "is on the curve secp256k1"},
      {fixture::pem_block("EC PRIVATE KEY", torn), "its private and public parts do not match"},
      {damaged, "does not parse"},
      {fixture::pkcs8_pem(ec).substr(0, 100), "has no line -----END PRIVATE KEY-----"},
      {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "there is nothing between"},
      {"-----BEGIN TSS2 PRIVATE KEY-----\nAAAA\n-----END TSS2 PRIVATE KEY-----\n", "TSS2 PRIVATE KEY is damaged"},
  };
  for (const auto& row : rows) {
    INFO(row.words);
    write_text(directory / "key.pem", row.bytes);
    const auto opened = keysmith.open_key(directory / "key.pem");
    check_failure(opened, ErrorKind::kDeviceKeyUnusable, row.words);
    CHECK(opened.error().message.find(directory / "key.pem") != std::string::npos);
    check_failure(keysmith.read_key(Secret(row.bytes)), ErrorKind::kDeviceKeyUnusable, row.words);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "a key or CSR that is not there, or not to be read, is named") {
  ::mkdir((directory / "directory").c_str(), 0700);
  write_text(directory / "large", std::string(1024 * 1024 + 1, 'x'));
  check_failure(keysmith.open_key(directory / "absent"), ErrorKind::kFileNotFound, "absent does not exist");
  check_failure(keysmith.open_key(directory / "absent/key"), ErrorKind::kFileNotFound, "does not exist");
  check_failure(keysmith.open_key(directory / "directory"), ErrorKind::kFileUnreadable, "is a directory");
  check_failure(keysmith.open_key(directory / "large"), ErrorKind::kDeviceKeyUnusable, "has more than 1048576 bytes");
  check_failure(keysmith.open_csr(directory / "absent"), ErrorKind::kFileNotFound, "absent does not exist");
  check_failure(keysmith.open_csr(directory / "directory"), ErrorKind::kFileUnreadable, "is a directory");
}

TEST_CASE_METHOD(KeysmithFixture, "the subject of a CSR is what was asked for") {
  const auto key = keysmith.make_key({KeyType::kEcP256, FileStore{}});
  REQUIRE(key);
  const struct {
    std::string subject;
    std::string printed;
  } rows[] = {
      {"CN=fleet-provision", "CN=fleet-provision"},
      {"CN=gateway-1,O=Example,C=DE", "CN=gateway-1,O=Example,C=DE"},
      {"cn=gateway-1, o=Example", "CN=gateway-1,O=Example"},
      {R"(CN=a\,b,O=c\+d\\)", R"(CN=a\,b,O=c\+d\\)"},
      // DER sorts the attributes that + joins.
      {"CN=a+serialNumber=1,O=b", "serialNumber=1+CN=a,O=b"},
      {"serialNumber=4711,CN=gerät", "serialNumber=4711,CN=gerät"},
      {"2.5.4.3=a,organizationName=b,DC=example,DC=com", "CN=a,O=b,DC=example,DC=com"},
      {"CN=" + std::string(64, 'x'), "CN=" + std::string(64, 'x')},
  };
  for (const auto& row : rows) {
    INFO(row.subject);
    const auto csr = keysmith.make_csr(*key, row.subject);
    REQUIRE(csr);
    CHECK(subject_of(parse_request(csr->pem)) == row.printed);
  }
  const std::string refused[] = {"",          "gateway", "/CN=a/O=b",  "CN=" + std::string(65, 'x'),
                                 "C=Germany", "C=ü1",    "nonsense=a", "CN=a,2.5.4.x=b",
                                 "CN=\\ff"};
  for (const std::string& subject : refused) {
    INFO(subject);
    const auto csr = keysmith.make_csr(*key, subject);
    REQUIRE_FALSE(csr);
    CHECK(csr.error().kind == ErrorKind::kUsage);
    CHECK_FALSE(csr.error().hint.empty());
  }
  DeviceKey elsewhere;
  elsewhere.location = ExternalKey{};
  check_failure(keysmith.make_csr(elsewhere, "CN=a"), ErrorKind::kInternal, "is not in a device");
}

TEST_CASE_METHOD(KeysmithFixture, "a CSR of the caller is taken when its signature is right") {
  const auto key = fixture::ec_key();
  const std::string pem = fixture::request_pem(fixture::request(key, EVP_sha256()));
  const std::string der = fixture::request_der(fixture::request(key, EVP_sha256()));
  std::string crlf;
  for (const char each : pem) crlf += each == '\n' ? "\r\n" : std::string(1, each);
  const std::string rows[] = {
      pem,
      crlf,
      pem.substr(0, pem.size() - 1),
      "words before\n" + pem,
      fixture::pem_block("NEW CERTIFICATE REQUEST", der),
      fixture::request_pem(fixture::request(key, EVP_sha512())),
  };
  const auto own = keysmith.read_key(Secret(fixture::pkcs8_pem(key)));
  REQUIRE(own);
  for (const std::string& row : rows) {
    write_text(directory / "csr.pem", row);
    const auto csr = keysmith.open_csr(directory / "csr.pem");
    REQUIRE(csr);
    CHECK(csr->pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    CHECK(csr->public_key_sha256 == own->public_key_sha256);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "a CSR of the caller that cannot be used is refused with its cause") {
  const auto key = fixture::ec_key();
  const std::string pem = fixture::request_pem(fixture::request(key, EVP_sha256()));
  const auto rsa = fixture::rsa_key(2048);
  std::string forged = fixture::request_der(fixture::request(rsa, EVP_sha256()));
  forged.back() = static_cast<char>(forged.back() ^ 1);
  // Changes the signed part and leaves the signature well-formed.
  std::string renamed = fixture::request_der(fixture::request(key, EVP_sha256()));
  renamed.replace(renamed.find("gateway"), 7, "getaway");
  const struct {
    std::string bytes;
    std::string words;
  } rows[] = {
      {"", "is empty"},
      {"hello", "holds no PEM certificate request"},
      {fixture::request_der(fixture::request(key, EVP_sha256())), "is DER (a certificate request (CSR)), not PEM"},
      {fixture::certificate_pem(fixture::certificate(key)), "holds a certificate, not a certificate request"},
      {fixture::pkcs8_pem(key), "holds a private key, not a certificate request"},
      {fixture::pem_block("CERTIFICATE REQUEST", forged), "has a wrong signature"},
      {fixture::pem_block("CERTIFICATE REQUEST", renamed), "has a wrong signature"},
      {fixture::pem_block("CERTIFICATE REQUEST", "nonsense"), "does not parse"},
      {pem + pem, "holds more than one request"},
      {fixture::request_pem(fixture::request(fixture::rsa_key(1024), EVP_sha256())), "is RSA with 1024 bits"},
      {fixture::request_pem(fixture::request(fixture::ed25519_key(), nullptr)), "is of the type ED25519"},
      {fixture::request_pem(fixture::request(key, EVP_sha1())), "is signed with SHA-1 or MD5"},
  };
  for (const auto& row : rows) {
    INFO(row.words);
    write_text(directory / "csr.pem", row.bytes);
    check_failure(keysmith.open_csr(directory / "csr.pem"), ErrorKind::kCsrUnusable, row.words);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "a key has one digest, in whichever form its public point is written") {
  const auto key = fixture::ec_key();
  write_text(directory / "usual.pem", fixture::pkcs8_pem(key));
  write_text(directory / "usual.csr", fixture::request_pem(fixture::request(key, EVP_sha256())));
  const auto usual = keysmith.open_key(directory / "usual.pem");
  REQUIRE(usual);
  CHECK(keysmith.open_csr(directory / "usual.csr")->public_key_sha256 == usual->public_key_sha256);
  for (const char* form : {"compressed", "hybrid"}) {
    INFO(form);
    const fixture::Key other(EVP_PKEY_dup(key.get()), EVP_PKEY_free);
    REQUIRE(EVP_PKEY_set_utf8_string_param(other.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form) == 1);
    write_text(directory / "other.pem", fixture::pkcs8_pem(other));
    write_text(directory / "other.csr", fixture::request_pem(fixture::request(other, EVP_sha256())));
    const auto opened = keysmith.open_key(directory / "other.pem");
    REQUIRE(opened);
    CHECK(opened->public_key_sha256 == usual->public_key_sha256);
    const auto csr = keysmith.open_csr(directory / "other.csr");
    REQUIRE(csr);
    CHECK(csr->public_key_sha256 == usual->public_key_sha256);
    const auto facts = keysmith.read_certificate(fixture::certificate_pem(fixture::certificate(other)));
    REQUIRE(facts);
    CHECK(facts->public_key_sha256 == usual->public_key_sha256);
  }
}

TEST_CASE_METHOD(KeysmithFixture, "digests and randomness") {
  CHECK(keysmith.sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(keysmith.sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const std::size_t count : {0U, 1U, 16U, 257U, 100'000U}) CHECK(keysmith.random_bytes(count).size() == count);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) CHECK(seen.insert(keysmith.random_bytes(16)).second);
}

}  // namespace
}  // namespace fleet_provision
