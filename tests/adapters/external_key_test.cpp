// Keys whose signatures a device makes, in OpenSSL's own functions: certificate requests, comparison, export,
// signatures.
#include "adapters/keys/device/external_key.hpp"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/adapters/external_key_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using Bio = OpensslHandle<BIO>;

EVP_PKEY* rsa_2048() {
  return fixture::device_key("rsa");
}
/// Not among key_rows.
EVP_PKEY* other_rsa_2048() {
  return fixture::device_key("other rsa");
}

}  // namespace

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
