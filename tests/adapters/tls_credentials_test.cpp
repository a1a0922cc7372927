// Claim certificate, key, passphrase and roots: each fault of a file has its own error.
#include "adapters/network/tls_credentials.hpp"

#include <cstdlib>

#include "core/text.hpp"
#include "tests/fakes/fake_key_devices.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// A complete and valid set of files, for a test to break.
struct CredentialsFixture {
  TestPki pki;
  IssuedCertificate claim = pki.claim();
  TemporaryDirectory files;
  ConnectionOptions options;
  FakeKeyDevices devices;

  CredentialsFixture() {
    options.ca_file = files.write("ca.pem", pki.root());
    options.certificate_file = files.write("claim.pem", claim.certificate);
    options.key_reference = files.write("claim.key", claim.key);
  }
  std::optional<ErrorKind> failure() {
    TrustedRoots roots(options.ca_file);
    const auto loaded = TlsCredentials::load(options, roots, devices);
    if (loaded) return std::nullopt;
    error = loaded.error();
    return error.kind;
  }
  Error error;
};

}  // namespace

TEST_CASE("right files give the facts of the leaf") {
  CredentialsFixture fixture;
  fixture.options.certificate_file = fixture.files.write("chain.pem", fixture.claim.certificate + fixture.pki.root());
  TrustedRoots roots(fixture.options.ca_file);
  const auto loaded = TlsCredentials::load(fixture.options, roots, fixture.devices);
  REQUIRE(loaded);
  CHECK(loaded->facts().subject == "CN=test claim");
  CHECK(loaded->facts().issuer == "CN=test root");
  CHECK(loaded->facts().fingerprint.size() == 64);
  CHECK(is_lower_hex(loaded->facts().public_key_sha256));
}

TEST_CASE("each wrong certificate, key and CA file is reported with its kind and its name") {
  struct Row {
    std::string name;
    std::function<void(CredentialsFixture&)> break_it;
    ErrorKind kind;
    std::string said;
  };
  const auto certificate = [](auto text) {
    return [text](CredentialsFixture& b) { b.options.certificate_file = b.files.write("bad.pem", text(b)); };
  };
  const auto key = [](auto text) {
    return [text](CredentialsFixture& b) { b.options.key_reference = b.files.write("bad.key", text(b)); };
  };
  const auto roots = [](auto text) {
    return [text](CredentialsFixture& b) { b.options.ca_file = b.files.write("bad-ca.pem", text(b)); };
  };
  const auto nothing = [](CredentialsFixture&) { return std::string(); };
  const auto noise = [](CredentialsFixture&) { return std::string("no PEM at all\n"); };
  const auto broken = [](CredentialsFixture&) {
    return std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  };
  const auto broken_key = [](CredentialsFixture&) {
    return std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  };
  const std::vector<Row> rows{
      {"no certificate file", [](CredentialsFixture& b) { b.options.certificate_file = "/none/claim.pem"; },
       kFileNotFound, "/none/claim.pem"},
      {"a directory", [](CredentialsFixture& b) { b.options.certificate_file = "/"; }, kFileUnreadable, "/"},
      {"empty certificate", certificate(nothing), kClaimCertificateUnusable, "is empty"},
      {"not PEM", certificate(noise), kClaimCertificateUnusable, "no PEM certificate"},
      {"broken PEM", certificate(broken), kClaimCertificateUnusable, "cannot be parsed"},
      {"DER", certificate([](CredentialsFixture& b) { return der_of(b.claim.certificate); }), kClaimCertificateUnusable,
       "is DER"},
      {"swapped", certificate([](CredentialsFixture& b) { return b.claim.key; }), kClaimCertificateUnusable,
       "private key"},
      {"no key file", [](CredentialsFixture& b) { b.options.key_reference = "/none/claim.key"; }, kFileNotFound,
       "/none/claim.key"},
      {"empty key", key(nothing), kClaimKeyUnusable, "is empty"},
      {"key not PEM", key(noise), kClaimKeyUnusable, "no PEM private key"},
      {"broken key", key(broken_key), kClaimKeyUnusable, "cannot be parsed"},
      {"key in DER", key([](CredentialsFixture& b) { return der_of(b.claim.key); }), kClaimKeyUnusable, "is DER"},
      {"certificate as key", key([](CredentialsFixture& b) { return b.claim.certificate; }), kClaimKeyUnusable,
       "a certificate"},
      {"another's key", key([](CredentialsFixture& b) { return b.pki.claim().key; }), kClaimKeyMismatch,
       "is not the key of"},
      {"key URI", [](CredentialsFixture& b) { b.options.key_reference = "pkcs11:token=t"; }, kKeyNotFound,
       "claim key pkcs11:token=t is not there"},
      {"no key URI", [](CredentialsFixture& b) { b.options.key_reference = "handle:0x1"; }, kKeyUri, "handle"},
      {"damaged wrapped key", key([](CredentialsFixture&) {
         return "-----BEGIN TSS2 PRIVATE KEY-----\nAAAA\n-----END TSS2 PRIVATE KEY-----\n";
       }),
       kClaimKeyUnusable, "TSS2 PRIVATE KEY is damaged"},
      {"encrypted", key([](CredentialsFixture& b) { return encrypted(b.claim.key, "open"); }), kClaimKeyPassphrase,
       "encrypted"},
      {"no CA file", [](CredentialsFixture& b) { b.options.ca_file = "/none/ca.pem"; }, kFileNotFound, "/none/ca.pem"},
      {"empty CA file", roots(nothing), kCaFileUnusable, "is empty"},
      {"CA file not PEM", roots(noise), kCaFileUnusable, "no PEM certificate"},
      {"broken CA file", roots(broken), kCaFileUnusable, "cannot be parsed"},
      {"CA file with a right and a broken root",
       roots([broken](CredentialsFixture& b) { return b.pki.root() + broken(b); }), kCaFileUnusable,
       "cannot be parsed"},
      {"CA file in DER", roots([](CredentialsFixture& b) { return der_of(b.pki.root()); }), kCaFileUnusable, "is DER"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CredentialsFixture fixture;
    row.break_it(fixture);
    const auto failure = fixture.failure();
    REQUIRE(failure);
    CHECK(*failure == row.kind);
    INFO(fixture.error.message);
    CHECK(fixture.error.message.find(row.said) != std::string::npos);
    CHECK(fixture.error.message.find("AAAA") == std::string::npos);
    const bool names_the_file = fixture.error.message.find(fixture.options.certificate_file) != std::string::npos ||
                                fixture.error.message.find(fixture.options.key_reference) != std::string::npos ||
                                fixture.error.message.find(*fixture.options.ca_file) != std::string::npos;
    CHECK((names_the_file || row.kind == kKeyUri));
  }
}

TEST_CASE("an encrypted key opens with its passphrase and with no other") {
  CredentialsFixture fixture;
  fixture.options.key_reference = fixture.files.write("encrypted.key", encrypted(fixture.claim.key, "open sesame"));
  fixture.options.key_passphrase_file = fixture.files.write("passphrase", "open sesame\n");
  CHECK_FALSE(fixture.failure());
  fixture.options.key_passphrase_file = fixture.files.write("wrong", "close sesame");
  CHECK(fixture.failure() == kClaimKeyPassphrase);
  fixture.options.key_passphrase_file = fixture.files / "none";
  CHECK(fixture.failure() == kFileNotFound);
}

TEST_CASE("no passphrase is not an empty one") {
  CredentialsFixture fixture;
  fixture.options.key_reference = fixture.files.write("encrypted.key", encrypted(fixture.claim.key, ""));
  CHECK(fixture.failure() == kClaimKeyPassphrase);
  CHECK(fixture.error.message.ends_with("is encrypted and no passphrase was given"));
  fixture.options.key_passphrase_file = fixture.files.write("empty", "");
  CHECK(fixture.failure() == std::nullopt);
}

TEST_CASE("an expired claim is an error with both times, one that is not yet valid is the caller's business") {
  CredentialsFixture fixture;
  CertificateWish wish;
  wish.valid_from = -7200;
  wish.valid_to = -3600;
  IssuedCertificate claim = fixture.pki.issue(wish);
  fixture.options.certificate_file = fixture.files.write("expired.pem", claim.certificate);
  fixture.options.key_reference = fixture.files.write("expired.key", claim.key);
  CHECK(fixture.failure() == kClaimExpired);
  CHECK(fixture.error.message.find("the local time is") != std::string::npos);

  wish.valid_from = 3600;
  wish.valid_to = 7200;
  claim = fixture.pki.issue(wish);
  fixture.options.certificate_file = fixture.files.write("ahead.pem", claim.certificate);
  fixture.options.key_reference = fixture.files.write("ahead.key", claim.key);
  CHECK_FALSE(fixture.failure());
}

TEST_CASE("without a CA file the system's roots are used, and their absence is said") {
  CredentialsFixture fixture;
  fixture.options.ca_file.reset();
  const std::string empty = fixture.files / "empty";
  std::filesystem::create_directory(empty);
  ::setenv("SSL_CERT_FILE", "/none/roots.pem", 1);
  ::setenv("SSL_CERT_DIR", empty.c_str(), 1);
  CHECK(fixture.failure() == kNoTrustStore);
  const std::string roots = fixture.files.write("roots.pem", fixture.pki.root());
  ::setenv("SSL_CERT_FILE", roots.c_str(), 1);
  CHECK_FALSE(fixture.failure());
  ::setenv("SSL_CERT_FILE", fixture.files.write("empty.pem", "").c_str(), 1);
  CHECK(fixture.failure() == kNoTrustStore);

  // The names by which OpenSSL finds roots in directories.
  const std::string directory = fixture.files / "roots";
  for (const auto& [name, found] :
       {std::pair("4a6481c9.0", true), std::pair("4a6481c9.", false), std::pair("4a6481c.00", false),
        std::pair("4A6481C9.0", false), std::pair("4a6481c9-0", false)}) {
    INFO(name);
    std::filesystem::create_directory(directory);
    write_text(directory + "/" + name, fixture.pki.root());
    for (const std::string& list :
         {directory, empty + ":" + directory, directory + ":" + empty, ":" + directory + ":"}) {
      ::setenv("SSL_CERT_DIR", list.c_str(), 1);
      CHECK(fixture.failure().has_value() != found);
    }
    std::filesystem::remove_all(directory);
  }
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
}
