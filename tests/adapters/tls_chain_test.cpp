// The chain and the key of a claim: which certificate is the leaf, what is sent, and what a claim's files prove.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "adapters/network/tls_credentials.hpp"
#include "tests/fakes/fake_key_devices.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using enum ErrorKind;

/// A claim whose certificate and key are given as PEM.
struct PemFixture {
  PemFixture() {
    pem.certificate_name = "claim.pem";
    pem.key_name = "claim.key";
    pem.certificate_pem = claim.certificate;
    pem.key_pem = Secret(claim.key);
  }
  Result<TlsCredentials> load() {
    TrustedRoots roots(files.write("ca.pem", pki().root()));
    return TlsCredentials::from_pem(pem, roots, devices);
  }

  TemporaryDirectory files;
  IssuedCertificate claim = pki().claim();
  PemCredentials pem;
  FakeKeyDevices devices;
};

IssuedCertificate expired() {
  CertificateWish wish;
  wish.valid_from = -7200;
  wish.valid_to = -3600;
  return pki().issue(wish);
}

/// A certificate whose RSA key is too small for any security level above 0.
IssuedCertificate with_small_key() {
  const OpensslHandle<EVP_PKEY> key(EVP_RSA_gen(512));
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_pubkey(request, key.get());
  X509_REQ_sign(request, key.get(), EVP_sha256());
  const OpensslHandle<BIO> csr(BIO_new(BIO_s_mem()));
  const OpensslHandle<BIO> text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(csr.get(), request);
  PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  X509_REQ_free(request);
  const auto text_of = [](BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  };
  return {pki().certify(text_of(csr.get())), text_of(text.get())};
}

}  // namespace

TEST_CASE("the certificates behind the leaf are sent with it") {
  for (const int above : {0, 1, 2, 3}) {
    PemFixture fixture;
    for (int i = 0; i < above; ++i) fixture.pem.certificate_pem += TestPki("root " + std::to_string(i)).root();
    const auto loaded = fixture.load();
    REQUIRE(loaded);
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(&loaded->context(), &chain);
    CHECK(std::max(sk_X509_num(chain), 0) == above);
    CHECK(loaded->facts().subject == "CN=test claim");
    CHECK(loaded->principal() == Principal::kClaim);
    CHECK_FALSE(loaded->signature_failure());
  }
}

TEST_CASE("in one text the certificate of the key may stand anywhere") {
  for (const bool one_text : {true, false}) {
    PemFixture fixture;
    fixture.pem.from_one_text = one_text;
    fixture.pem.certificate_pem = pki().root() + fixture.claim.certificate;
    const auto loaded = fixture.load();
    CHECK(loaded.has_value() == one_text);
    if (loaded) CHECK(loaded->facts().subject == "CN=test claim");
    const auto proof = prove_claim_pem(fixture.pem);
    REQUIRE(proof);
    CHECK(proof->key_fits == one_text);
    CHECK(proof->certificate->subject == (one_text ? "CN=test claim" : "CN=test root"));
    CHECK(proof->files.empty());
  }
}

TEST_CASE("a chain that does not begin with the certificate of the key says what it begins with") {
  struct Row {
    std::string chain;
    std::string said;
    std::string hint;
  };
  const PemFixture any;
  const std::string other = pki().claim().certificate;
  const std::string root = pki().root();
  const std::string own = any.claim.certificate;
  const std::string order = "put the claim's own certificate first in the file, and its issuers behind it";
  for (const Row& row : std::vector<Row>{
           {root + own, "claim certificate claim.pem: the key belongs to certificate 2 of the file, not to the first",
            order},
           {other + root + own,
            "claim certificate claim.pem: the key belongs to certificate 3 of the file, not to the first", order},
           {root,
            "claim certificate claim.pem begins with the certificate of an authority (CN=test root), not of a claim",
            order},
           {root + other,
            "claim certificate claim.pem begins with the certificate of an authority (CN=test root), not of a claim",
            order},
           {other + root, "claim key claim.key is not the key of claim certificate claim.pem",
            "check that both files come from the same claim"}}) {
    PemFixture fixture;
    fixture.claim = any.claim;
    fixture.pem.key_pem = Secret(any.claim.key);
    fixture.pem.certificate_pem = row.chain;
    const auto loaded = fixture.load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == kClaimKeyMismatch);
    CHECK(loaded.error().message == row.said);
    CHECK(loaded.error().hint == row.hint);
  }
}

TEST_CASE("an expired certificate is the claim's or the identity's") {
  for (const Principal principal : {Principal::kClaim, Principal::kIdentity}) {
    PemFixture fixture;
    const IssuedCertificate old = expired();
    fixture.pem.principal = principal;
    fixture.pem.certificate_pem = old.certificate;
    fixture.pem.key_pem = Secret(old.key);
    const auto loaded = fixture.load();
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().kind == kClaimExpired);
    CHECK((loaded.error().hint.find("get a new claim certificate") == 0) == (principal == Principal::kClaim));
    CHECK((loaded.error().hint.find("provision again with --force") != std::string::npos) ==
          (principal == Principal::kIdentity));
  }
}

TEST_CASE("a certificate that OpenSSL's security level excludes is named, and so is one above it") {
  PemFixture fixture;
  const IssuedCertificate small = with_small_key();
  fixture.pem.certificate_pem = small.certificate;
  fixture.pem.key_pem = Secret(small.key);
  const auto loaded = fixture.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().kind == kClaimCertificateUnusable);
  CHECK(loaded.error().message.starts_with("claim certificate claim.pem cannot be used: "));
  CHECK(loaded.error().hint.starts_with("lower the security level"));
  PemFixture above;
  above.pem.certificate_pem += small.certificate;
  const auto chained = above.load();
  REQUIRE_FALSE(chained);
  CHECK(chained.error().kind == kClaimCertificateUnusable);
  CHECK(chained.error().message.starts_with("the chain of claim certificate claim.pem cannot be used: "));
}

TEST_CASE("the files of a claim prove as much as is there") {
  struct Row {
    std::string certificate;
    std::string key;
    bool has_certificate;
    bool fits;
    std::size_t files;
  };
  const PemFixture fixture;
  const std::string certificate = fixture.files.write("claim.pem", fixture.claim.certificate);
  const std::string key = fixture.files.write("claim.key", fixture.claim.key);
  const std::string other = fixture.files.write("other.key", pki().claim().key);
  const std::string none = fixture.files / "none";
  for (const Row& row :
       {Row{certificate, key, true, true, 2}, Row{certificate, other, true, false, 1},
        Row{certificate, none, true, false, 1}, Row{certificate, "", true, false, 1},
        Row{certificate, "pkcs11:token=t;object=o", true, false, 1},
        Row{certificate, "handle:0x81000001", true, false, 1}, Row{certificate, "handle:0x1", true, false, 1},
        Row{none, key, false, false, 0}, Row{"", key, false, false, 0}}) {
    INFO(row.certificate << " " << row.key);
    ConnectionOptions options;
    options.certificate_file = row.certificate;
    options.key_reference = row.key;
    const auto proof = prove_claim_files(options);
    REQUIRE(proof);
    CHECK(proof->certificate.has_value() == row.has_certificate);
    CHECK(proof->key_fits == row.fits);
    CHECK(proof->files.size() == row.files);
    if (row.files > 0) CHECK(proof->files.front().path == certificate);
    if (row.files > 1) CHECK(proof->files.back().path == key);
  }
}

TEST_CASE("files of a claim that are no certificate and no key are named") {
  struct Row {
    std::string certificate;
    std::string key;
    ErrorKind kind;
    std::string named;
  };
  const PemFixture fixture;
  const std::string certificate = fixture.files.write("claim.pem", fixture.claim.certificate);
  const std::string noise = fixture.files.write("noise", "no PEM at all\n");
  for (const Row& row : {Row{noise, noise, kClaimCertificateUnusable, "claim certificate " + noise},
                         Row{certificate, noise, kClaimKeyUnusable, "claim key " + noise},
                         Row{certificate, "/", kFileUnreadable, "claim key /"},
                         Row{"/", noise, kFileUnreadable, "claim certificate /"}}) {
    ConnectionOptions options;
    options.certificate_file = row.certificate;
    options.key_reference = row.key;
    const auto proof = prove_claim_files(options);
    REQUIRE_FALSE(proof);
    CHECK(proof.error().kind == row.kind);
    INFO(proof.error().message);
    CHECK(proof.error().message.find(row.named) != std::string::npos);
  }
}

TEST_CASE("a key URI is no file, also where a file has this name") {
  const PemFixture fixture;
  fixture.files.write("pkcs11:token=t", "no PEM at all\n");
  ConnectionOptions options;
  options.certificate_file = fixture.files.write("claim.pem", fixture.claim.certificate);
  options.key_reference = "pkcs11:token=t";
  CHECK(in_child([&]() -> std::string {
          if (::chdir(fixture.files.path().c_str()) != 0) return "no directory";
          const auto proof = prove_claim_files(options);
          return proof ? "no key" : proof.error().message;
        }) == "no key");
}

TEST_CASE("the roots of a file are read once, and are trusted alone") {
  const PemFixture fixture;
  const std::string file = fixture.files.write("roots.pem", pki().root() + TestPki("other root").root());
  TrustedRoots roots(file);
  for (int i = 0; i < 2; ++i) {
    const auto loaded = TlsCredentials::roots_alone(roots);
    REQUIRE(loaded);
    CHECK(loaded->principal() == Principal::kClaim);
    CHECK(loaded->facts().subject.empty());
    CHECK(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(&loaded->context()))) == 2);
    CHECK(ERR_peek_error() == 0);
    std::filesystem::remove(file);
  }
  TrustedRoots none(file);
  CHECK_FALSE(TlsCredentials::roots_alone(none));
}

TEST_CASE("the system's roots are those that OpenSSL's variable names") {
  const PemFixture fixture;
  const std::string file = fixture.files.write("roots.pem", pki().root());
  CHECK(in_child([&]() -> std::string {
          ::setenv("SSL_CERT_FILE", file.c_str(), 1);
          ::setenv("SSL_CERT_DIR", "/none", 1);
          TrustedRoots roots(std::nullopt);
          const auto loaded = TlsCredentials::roots_alone(roots);
          if (!loaded) return loaded.error().message;
          const auto* objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(&loaded->context()));
          return std::to_string(sk_X509_OBJECT_num(objects)) + " root, " + (ERR_peek_error() == 0 ? "no" : "an") +
                 " error";
        }) == "1 root, no error");
}
