// Keys in a PKCS#11 token, with SoftHSM as the token.
#include "adapters/keys/pkcs11.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <string>
#include <vector>

#include "core/pkcs11_uri.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/software_token.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

constexpr const char* kText = "what is signed";

const EVP_MD* md_of(HashAlgorithm hash) {
  if (hash == HashAlgorithm::kSha384) return EVP_sha384();
  return hash == HashAlgorithm::kSha512 ? EVP_sha512() : EVP_sha256();
}

/// Whether the device's signature over a text is one of the public half.
bool signs(const DeviceSigner& device, SignatureScheme scheme, HashAlgorithm hash) {
  const std::string text = kText;
  std::array<unsigned char, 64> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, md_of(hash), nullptr);
  const auto signature = device.signer->sign({scheme, hash, {digest.data(), size}});
  if (!signature) UNSCOPED_INFO(signature.error().message);
  if (!signature) return false;
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(device.public_half.get(), nullptr), EVP_PKEY_CTX_free);
  if (EVP_PKEY_verify_init(context.get()) != 1) return false;
  if (scheme == SignatureScheme::kRsaPss) EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING);
  if (scheme == SignatureScheme::kRsaPss) EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST);
  EVP_PKEY_CTX_set_signature_md(context.get(), md_of(hash));
  return EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(signature->data()), signature->size(),
                         digest.data(), size) == 1;
}

struct TokenFixture {
  SoftwareToken token;
  Pkcs11 tokens{settings()};

  [[nodiscard]] KeyDeviceSettings settings() const {
    KeyDeviceSettings settings;
    settings.pin_file = token.pin_file();
    settings.pkcs11_module = software_token_module();
    return settings;
  }
  [[nodiscard]] std::string planned(const std::string& name, const std::vector<KeyLocation>& own = {},
                                    const std::string& id = "0123456789abcdef") {
    auto uri = tokens.plan(token.uri(name), id, own);
    if (!uri) FAIL(uri.error().message);
    return *uri;
  }
};

}  // namespace

#define NEEDS_SOFTWARE_TOKEN        \
  if (!software_token_module()) {   \
    FP_NOT_TRIED(kNoSoftwareToken); \
    return;                         \
  }

TEST_CASE("an imported key signs, and its public half is that of the key") {
  NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  const auto ec = fixture::ec_key();
  const auto p384 = fixture::ec_key("P-384");
  const auto rsa = fixture::rsa_key(2048);
  fixture.token.import_key(fixture::pkcs8_pem(ec), "claim", "01");
  fixture.token.import_key(fixture::pkcs8_pem(p384), "claim384", "02");
  fixture.token.import_key(fixture::pkcs8_pem(rsa), "claimrsa", "03");
  struct Row {
    const char* object;
    fixture::Key key;
    std::vector<SignatureScheme> schemes;
  };
  for (const Row& row : {Row{"claim", ec, {SignatureScheme::kEcdsa}}, Row{"claim384", p384, {SignatureScheme::kEcdsa}},
                         Row{"claimrsa", rsa, {SignatureScheme::kRsaPkcs1, SignatureScheme::kRsaPss}}}) {
    CAPTURE(row.object);
    const auto device = fixture.tokens.open(fixture.token.uri(row.object), "the claim key");
    if (!device) FAIL(device.error().message);
    CHECK(EVP_PKEY_eq(device->public_half.get(), row.key.get()) == 1);
    for (const SignatureScheme scheme : row.schemes) {
      for (const HashAlgorithm hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
        CHECK(signs(*device, scheme, hash));
      }
    }
  }
}

TEST_CASE("a planned key is made once, signs, and is destroyed") {
  NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  for (const KeyType type : {KeyType::kEcP256, KeyType::kEcP384, KeyType::kRsa2048, KeyType::kRsa3072}) {
    CAPTURE(word(type));
    const std::string uri = fixture.planned("gateway");
    const auto parsed = parse_pkcs11_uri(uri);
    REQUIRE(parsed);
    CHECK(parsed->token == "fleet");
    CHECK(parsed->object == "gateway");
    CHECK(parsed->id == "0123456789abcdef");
    CHECK(parsed->serial);
    const auto made = fixture.tokens.find_or_make(uri, type);
    if (!made) FAIL(made.error().message);
    const bool ec = type == KeyType::kEcP256 || type == KeyType::kEcP384;
    CHECK(signs(*made, ec ? SignatureScheme::kEcdsa : SignatureScheme::kRsaPss, HashAlgorithm::kSha256));
    const auto again = fixture.tokens.find_or_make(uri, type);
    REQUIRE(again);
    CHECK(EVP_PKEY_eq(made->public_half.get(), again->public_half.get()) == 1);
    REQUIRE(fixture.tokens.destroy(uri));
    const auto gone = fixture.tokens.open(uri, "the device key");
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::kKeyNotFound);
    // A key that is not there is no error.
    CHECK(fixture.tokens.destroy(uri));
  }
}
