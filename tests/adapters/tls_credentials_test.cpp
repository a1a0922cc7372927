// Claim certificate, key, passphrase and roots: each thing that can be wrong with a file is its own error.
#include "adapters/network/tls_credentials.hpp"

#include <cstdlib>

#include "core/text.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// A whole, right set of files, to be broken by a test.
struct Bench {
  TestPki pki;
  IssuedCertificate claim = pki.claim();
  TemporaryDirectory files;
  ConnectionOptions options;

  Bench() {
    options.ca_file = files.write("ca.pem", pki.root());
    options.certificate_file = files.write("claim.pem", claim.certificate);
    options.key_reference = files.write("claim.key", claim.key);
  }
  std::optional<ErrorKind> failure() {
    TrustedRoots roots(options.ca_file);
    const auto loaded = TlsCredentials::load(options, roots);
    if (loaded) return std::nullopt;
    error = loaded.error();
    return error.kind;
  }
  Error error;
};

}  // namespace

TEST_CASE("right files give the facts of the leaf") {
  Bench bench;
  bench.options.certificate_file = bench.files.write("chain.pem", bench.claim.certificate + bench.pki.root());
  TrustedRoots roots(bench.options.ca_file);
  const auto loaded = TlsCredentials::load(bench.options, roots);
  REQUIRE(loaded);
  CHECK(loaded->facts().subject == "CN=test claim");
  CHECK(loaded->facts().issuer == "CN=test root");
  CHECK(loaded->facts().fingerprint.size() == 64);
  CHECK(is_lower_hex(loaded->facts().public_key_sha256));
}

TEST_CASE("each wrong certificate, key and CA file is told by its kind and its name") {
  struct Row {
    std::string name;
    std::function<void(Bench&)> break_it;
    ErrorKind kind;
    std::string said;
  };
  const auto certificate = [](auto text) {
    return [text](Bench& b) { b.options.certificate_file = b.files.write("bad.pem", text(b)); };
  };
  const auto key = [](auto text) {
    return [text](Bench& b) { b.options.key_reference = b.files.write("bad.key", text(b)); };
  };
  const auto roots = [](auto text) {
    return [text](Bench& b) { b.options.ca_file = b.files.write("bad-ca.pem", text(b)); };
  };
  const auto nothing = [](Bench&) { return std::string(); };
  const auto noise = [](Bench&) { return std::string("no PEM at all\n"); };
  const auto broken = [](Bench&) {
    return std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  };
  const auto broken_key = [](Bench&) {
    return std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  };
  const std::vector<Row> rows{
      {"no certificate file", [](Bench& b) { b.options.certificate_file = "/none/claim.pem"; }, kFileNotFound,
       "/none/claim.pem"},
      {"a directory", [](Bench& b) { b.options.certificate_file = "/"; }, kFileUnreadable, "/"},
      {"empty certificate", certificate(nothing), kClaimCertificateUnusable, "is empty"},
      {"not PEM", certificate(noise), kClaimCertificateUnusable, "no PEM certificate"},
      {"broken PEM", certificate(broken), kClaimCertificateUnusable, "cannot be parsed"},
      {"DER", certificate([](Bench& b) { return der_of(b.claim.certificate); }), kClaimCertificateUnusable, "is DER"},
      {"swapped", certificate([](Bench& b) { return b.claim.key; }), kClaimCertificateUnusable, "private key"},
      {"no key file", [](Bench& b) { b.options.key_reference = "/none/claim.key"; }, kFileNotFound, "/none/claim.key"},
      {"empty key", key(nothing), kClaimKeyUnusable, "is empty"},
      {"key not PEM", key(noise), kClaimKeyUnusable, "no PEM private key"},
      {"broken key", key(broken_key), kClaimKeyUnusable, "cannot be parsed"},
      {"key in DER", key([](Bench& b) { return der_of(b.claim.key); }), kClaimKeyUnusable, "is DER"},
      {"certificate as key", key([](Bench& b) { return b.claim.certificate; }), kClaimKeyUnusable, "a certificate"},
      {"another's key", key([](Bench& b) { return b.pki.claim().key; }), kClaimKeyMismatch, "is not the key of"},
      {"key URI", [](Bench& b) { b.options.key_reference = "pkcs11:token=t"; }, kUsage, "not supported"},
      {"encrypted", key([](Bench& b) { return encrypted(b.claim.key, "open"); }), kClaimKeyPassphrase, "encrypted"},
      {"no CA file", [](Bench& b) { b.options.ca_file = "/none/ca.pem"; }, kFileNotFound, "/none/ca.pem"},
      {"empty CA file", roots(nothing), kCaFileUnusable, "is empty"},
      {"CA file not PEM", roots(noise), kCaFileUnusable, "no PEM certificate"},
      {"broken CA file", roots(broken), kCaFileUnusable, "cannot be parsed"},
      {"CA file in DER", roots([](Bench& b) { return der_of(b.pki.root()); }), kCaFileUnusable, "is DER"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Bench bench;
    row.break_it(bench);
    const auto failure = bench.failure();
    REQUIRE(failure);
    CHECK(*failure == row.kind);
    INFO(bench.error.message);
    CHECK(bench.error.message.find(row.said) != std::string::npos);
    CHECK(bench.error.message.find("AAAA") == std::string::npos);
  }
}

TEST_CASE("an encrypted key opens with its passphrase and with no other") {
  Bench bench;
  bench.options.key_reference = bench.files.write("encrypted.key", encrypted(bench.claim.key, "open sesame"));
  bench.options.key_passphrase_file = bench.files.write("passphrase", "open sesame\n");
  CHECK_FALSE(bench.failure());
  bench.options.key_passphrase_file = bench.files.write("wrong", "close sesame");
  CHECK(bench.failure() == kClaimKeyPassphrase);
  bench.options.key_passphrase_file = bench.files / "none";
  CHECK(bench.failure() == kFileNotFound);
}

TEST_CASE("an expired claim is an error with both times, one that is not yet valid is the caller's business") {
  Bench bench;
  CertificateWish wish;
  wish.valid_from = -7200;
  wish.valid_to = -3600;
  IssuedCertificate claim = bench.pki.issue(wish);
  bench.options.certificate_file = bench.files.write("expired.pem", claim.certificate);
  bench.options.key_reference = bench.files.write("expired.key", claim.key);
  CHECK(bench.failure() == kClaimExpired);
  CHECK(bench.error.message.find("the local time is") != std::string::npos);

  wish.valid_from = 3600;
  wish.valid_to = 7200;
  claim = bench.pki.issue(wish);
  bench.options.certificate_file = bench.files.write("ahead.pem", claim.certificate);
  bench.options.key_reference = bench.files.write("ahead.key", claim.key);
  CHECK_FALSE(bench.failure());
}

TEST_CASE("without a CA file the system's roots are used, and their absence is said") {
  Bench bench;
  bench.options.ca_file.reset();
  const std::string empty = bench.files / "empty";
  std::filesystem::create_directory(empty);
  ::setenv("SSL_CERT_FILE", "/none/roots.pem", 1);
  ::setenv("SSL_CERT_DIR", empty.c_str(), 1);
  CHECK(bench.failure() == kNoTrustStore);
  const std::string roots = bench.files.write("roots.pem", bench.pki.root());
  ::setenv("SSL_CERT_FILE", roots.c_str(), 1);
  CHECK_FALSE(bench.failure());
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
}
