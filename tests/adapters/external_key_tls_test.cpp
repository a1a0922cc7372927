// Keys whose signatures a device makes, in handshakes of OpenSSL's own: the client's proof, and the device's failure.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/adapters/external_key_fixture.hpp"
#include "tests/fakes/test_pki.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using Bio = OpensslHandle<BIO>;

Error device_error() {
  return fail(ErrorKind::kTokenRemoved, "the token fleet was removed (CKR_DEVICE_REMOVED (0x32))").value();
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
