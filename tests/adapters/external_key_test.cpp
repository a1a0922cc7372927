// Keys whose signatures a device makes, in OpenSSL's own functions: TLS, certificate requests, comparison, export.
#include "adapters/keys/device/external_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ssl.h>

#include <thread>

#include "tests/adapters/device_keys.hpp"
#include "tests/fakes/software_signer.hpp"
#include "tests/fakes/test_pki.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using Bio = OpensslHandle<BIO>;

Error device_error() {
  return fail(ErrorKind::kTokenRemoved, "the token fleet was removed (CKR_DEVICE_REMOVED (0x32))").value();
}

struct ExternalKeyFixture {
  // OpenSSL's error queue must be empty after every test.
  ~ExternalKeyFixture() { CHECK(ERR_peek_error() == 0); }
};

/// A certificate request that the device signs, with the public half in software.
fixture::Request signed_request(const SoftwareDevice& device) {
  fixture::Request request(X509_REQ_new(), X509_REQ_free);
  const auto public_half = copy_public_half(*device.loaded.key);
  REQUIRE(public_half);
  // OpenSSL 3.5 verifies no request without it.
  REQUIRE(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  REQUIRE(X509_REQ_set_pubkey(request.get(), public_half.get()) == 1);
  if (X509_REQ_sign(request.get(), device.loaded.key.get(), EVP_sha256()) <= 0) request.reset();
  return request;
}

std::string pem_of(const fixture::Request& request) {
  return fixture::written([&](BIO* bio) { PEM_write_bio_X509_REQ(bio, request.get()); });
}

fixture::Certificate certificate_of(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

const TestPki& the_pki() {
  static const TestPki made;
  return made;
}

OpensslHandle<SSL_CTX> server_context(int version, const std::string& signatures) {
  OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  const IssuedCertificate server = the_pki().server();
  const auto leaf = certificate_of(server.certificate);
  const Bio key_bio(BIO_new_mem_buf(server.key.data(), static_cast<int>(server.key.size())));
  const OpensslHandle<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  REQUIRE(SSL_CTX_use_certificate(context.get(), leaf.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  const auto root = certificate_of(the_pki().root());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (!signatures.empty()) REQUIRE(SSL_CTX_set1_client_sigalgs_list(context.get(), signatures.c_str()) == 1);
  return context;
}

OpensslHandle<SSL_CTX> client_context(const SoftwareDevice& device, const fixture::Certificate& leaf) {
  OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  REQUIRE(SSL_CTX_use_certificate(context.get(), leaf.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context.get(), device.loaded.key.get()) == 1);
  REQUIRE(SSL_CTX_check_private_key(context.get()) == 1);
  const auto root = certificate_of(the_pki().root());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

/// Both sides of a handshake in memory; true if both succeed.
bool shake_hands(SSL_CTX* client_side, SSL_CTX* server_side) {
  const OpensslHandle<SSL> client(SSL_new(client_side));
  const OpensslHandle<SSL> server(SSL_new(server_side));
  BIO* one = nullptr;
  BIO* other = nullptr;
  REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
  SSL_set_bio(client.get(), one, one);
  SSL_set_bio(server.get(), other, other);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  bool connected = false;
  bool accepted = false;
  for (int i = 0; i < 20 && !(connected && accepted); ++i) {
    for (auto& [ssl, done] : {std::pair<SSL*, bool&>(client.get(), connected), {server.get(), accepted}}) {
      const int result = SSL_do_handshake(ssl);
      done = result == 1;
      const int wanted = SSL_get_error(ssl, result);
      if (!done && wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        return false;
      }
    }
  }
  return connected && accepted && SSL_get0_peer_certificate(server.get()) != nullptr;
}

struct KeyRow {
  std::string name;
  EVP_PKEY* key;
};

const std::vector<KeyRow>& key_rows() {
  static const std::vector<KeyRow> rows{{"ec-p256", fixture::device_key("ec")},
                                        {"ec-p384", fixture::device_key("ec-384")},
                                        {"rsa-2048", fixture::device_key("rsa")},
                                        {"rsa-3072", fixture::device_key("longer rsa")}};
  return rows;
}

EVP_PKEY* rsa_2048() {
  return fixture::device_key("rsa");
}
/// Not among key_rows.
EVP_PKEY* other_rsa_2048() {
  return fixture::device_key("other rsa");
}

}  // namespace

TEST_CASE_METHOD(ExternalKeyFixture, "a key in a device authenticates a TLS client") {
  struct Row {
    int version;
    std::string signatures;
    bool rsa;
    SignatureScheme scheme;
  };
  const std::vector<Row> rows{
      {TLS1_2_VERSION, "", false, SignatureScheme::kEcdsa},
      {TLS1_3_VERSION, "", false, SignatureScheme::kEcdsa},
      {TLS1_2_VERSION, "", true, SignatureScheme::kRsaPss},
      {TLS1_2_VERSION, "rsa_pkcs1_sha256", true, SignatureScheme::kRsaPkcs1},
      {TLS1_2_VERSION, "rsa_pkcs1_sha512", true, SignatureScheme::kRsaPkcs1},
      {TLS1_3_VERSION, "", true, SignatureScheme::kRsaPss},
      {TLS1_3_VERSION, "rsa_pss_rsae_sha384", true, SignatureScheme::kRsaPss},
  };
  for (const auto& [name, key] : key_rows()) {
    const SoftwareDevice device = software_device(key);
    REQUIRE(device.loaded.key);
    const auto request = signed_request(device);
    REQUIRE(request);
    const auto leaf = certificate_of(the_pki().certify(pem_of(request)));
    for (const Row& row : rows) {
      if (row.rsa != (EVP_PKEY_is_a(key, "RSA") == 1)) continue;
      INFO(name << " " << row.version << " " << row.signatures);
      device.signer->schemes.clear();
      bool good = false;
      const auto client = client_context(device, leaf);
      const auto server = server_context(row.version, row.signatures);
      std::thread([&] { good = shake_hands(client.get(), server.get()); }).join();
      CHECK(good);
      CHECK(device.signer->schemes == std::vector{row.scheme});
      CHECK_FALSE(device.loaded.failure->take());
    }
  }
}

TEST_CASE_METHOD(ExternalKeyFixture, "a key in a device signs a certificate request that its public half verifies") {
  for (const auto& [name, key] : key_rows()) {
    INFO(name);
    const SoftwareDevice device = software_device(key);
    const auto request = signed_request(device);
    REQUIRE(request);
    CHECK(X509_REQ_verify(request.get(), key) == 1);
    // The algorithm is encoded as software keys encode it.
    const fixture::Request reference(X509_REQ_new(), X509_REQ_free);
    REQUIRE(X509_REQ_set_pubkey(reference.get(), key) == 1);
    REQUIRE(X509_REQ_sign(reference.get(), key, EVP_sha256()) > 0);
    const X509_ALGOR* ours = nullptr;
    const X509_ALGOR* theirs = nullptr;
    X509_REQ_get0_signature(request.get(), nullptr, &ours);
    X509_REQ_get0_signature(reference.get(), nullptr, &theirs);
    CHECK(X509_ALGOR_cmp(ours, theirs) == 0);
  }
}

TEST_CASE_METHOD(ExternalKeyFixture, "a key in a device has the facts of its public half and no private half") {
  for (const auto& [name, key] : key_rows()) {
    INFO(name);
    const SoftwareDevice device = software_device(key);
    EVP_PKEY* external = device.loaded.key.get();
    REQUIRE(external != nullptr);
    CHECK(EVP_PKEY_get_bits(external) == EVP_PKEY_get_bits(key));
    CHECK(EVP_PKEY_get_security_bits(external) == EVP_PKEY_get_security_bits(key));
    CHECK(EVP_PKEY_get_size(external) == EVP_PKEY_get_size(key));
    if (EVP_PKEY_is_a(key, "EC") == 1) {
      std::array<char, 32> group{};
      CHECK(EVP_PKEY_get_group_name(external, group.data(), group.size(), nullptr) == 1);
      CHECK(std::string(group.data()) == (name == "ec-p256" ? "prime256v1" : "secp384r1"));
    }
    CHECK(EVP_PKEY_eq(external, key) == 1);
    CHECK(EVP_PKEY_eq(key, external) == 1);
    const fixture::Key other_ec = fixture::ec_key();
    EVP_PKEY* other = EVP_PKEY_is_a(key, "EC") == 1 ? other_ec.get() : other_rsa_2048();
    CHECK(EVP_PKEY_eq(external, other) != 1);
    CHECK(EVP_PKEY_eq(other, external) != 1);

    OSSL_PARAM* exported = nullptr;
    CHECK(EVP_PKEY_todata(external, EVP_PKEY_KEYPAIR, &exported) != 1);
    CHECK(exported == nullptr);
    CHECK(EVP_PKEY_todata(external, EVP_PKEY_PUBLIC_KEY, &exported) == 1);
    CHECK(OSSL_PARAM_locate(exported, OSSL_PKEY_PARAM_PRIV_KEY) == nullptr);
    CHECK(OSSL_PARAM_locate(exported, OSSL_PKEY_PARAM_RSA_D) == nullptr);
    OSSL_PARAM_free(exported);
    const Bio bio(BIO_new(BIO_s_mem()));
    CHECK(PEM_write_bio_PrivateKey(bio.get(), external, nullptr, nullptr, 0, nullptr, nullptr) != 1);
    ERR_clear_error();
  }
}

TEST_CASE_METHOD(ExternalKeyFixture, "a signature in steps equals one at once, and may be repeated") {
  const SoftwareDevice device = software_device(rsa_2048());
  const OpensslHandle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  REQUIRE(EVP_DigestSignInit(context.get(), &options, EVP_sha384(), nullptr, device.loaded.key.get()) == 1);
  REQUIRE(EVP_DigestSignUpdate(context.get(), "a", 1) == 1);
  std::vector<unsigned char> first(256);
  std::vector<unsigned char> second(256);
  std::size_t size = 0;
  REQUIRE(EVP_DigestSignFinal(context.get(), nullptr, &size) == 1);
  CHECK(size == 256);
  REQUIRE(EVP_DigestSignFinal(context.get(), first.data(), &size) == 1);
  REQUIRE(EVP_DigestSignUpdate(context.get(), "b", 1) == 1);
  size = second.size();
  REQUIRE(EVP_DigestSignFinal(context.get(), second.data(), &size) == 1);
  const OpensslHandle<EVP_MD_CTX> verifying(EVP_MD_CTX_new());
  REQUIRE(EVP_DigestVerifyInit(verifying.get(), nullptr, EVP_sha384(), nullptr, rsa_2048()) == 1);
  CHECK(EVP_DigestVerify(verifying.get(), second.data(), second.size(), reinterpret_cast<const unsigned char*>("ab"),
                         2) == 1);
  int padding = 0;
  CHECK(EVP_PKEY_CTX_get_rsa_padding(options, &padding) > 0);
  CHECK(padding == RSA_PKCS1_PADDING);
}

TEST_CASE_METHOD(ExternalKeyFixture, "signatures that a device does not make are refused before it is asked") {
  const SoftwareDevice device = software_device(rsa_2048());
  const OpensslHandle<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha1(), nullptr, device.loaded.key.get()) != 1);
  REQUIRE(EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, device.loaded.key.get()) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_padding(options, RSA_NO_PADDING) != 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_MAX) != 1);
  CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha1()) != 1);
  CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) == 1);
  CHECK(device.signer->schemes.empty());
  ERR_clear_error();
}

TEST_CASE_METHOD(ExternalKeyFixture, "the device's error is kept when a signature fails") {
  const fixture::Key key = fixture::ec_key();
  const SoftwareDevice device = software_device(key.get());
  const auto request = signed_request(device);
  REQUIRE(request);
  const auto leaf = certificate_of(the_pki().certify(pem_of(request)));
  device.signer->error = device_error();

  CHECK_FALSE(signed_request(device));
  auto error = device.loaded.failure->take();
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::kTokenRemoved);
  CHECK_FALSE(device.loaded.failure->take());

  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = client_context(device, leaf);
    const auto server = server_context(version, "");
    CHECK_FALSE(shake_hands(client.get(), server.get()));
    error = device.loaded.failure->take();
    REQUIRE(error);
    CHECK(error->message == device_error().message);
  }

  const auto proved = prove_external_key(device.loaded);
  REQUIRE_FALSE(proved);
  CHECK(proved.error().kind == ErrorKind::kTokenRemoved);
  ERR_clear_error();
}

TEST_CASE_METHOD(ExternalKeyFixture, "one signature proves that the private half is in the device") {
  for (const auto& [name, key] : key_rows()) {
    INFO(name);
    const SoftwareDevice good = software_device(key);
    CHECK(prove_external_key(good.loaded));
    CHECK(good.signer->schemes.size() == 1);
    const fixture::Key other_ec = fixture::ec_key(name == "ec-p256" ? "P-256" : "P-384");
    EVP_PKEY* other = EVP_PKEY_is_a(key, "EC") == 1 ? other_ec.get() : other_rsa_2048();
    const SoftwareDevice foreign = software_device(key, other);
    const auto proved = prove_external_key(foreign.loaded);
    REQUIRE_FALSE(proved);
    CHECK(proved.error().kind == ErrorKind::kKeyUnsuitable);
  }
}

TEST_CASE_METHOD(ExternalKeyFixture, "a key that is neither RSA nor EC is refused") {
  const fixture::Key key = fixture::ed25519_key();
  DeviceSigner device;
  EVP_PKEY_up_ref(key.get());
  device.public_half.reset(key.get());
  device.signer = std::make_shared<SoftwareSigner>(key.get());
  const auto loaded = make_external_key(device);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().kind == ErrorKind::kKeyUnsuitable);
}
