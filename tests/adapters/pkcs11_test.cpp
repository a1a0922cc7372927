// Keys in a PKCS#11 token, with SoftHSM as the token.
#include "adapters/keys/pkcs11/pkcs11.hpp"

#include <openssl/evp.h>

#include <string>
#include <vector>

#include "core/pkcs11_uri.hpp"
#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/adapters/token_fixture.hpp"
#include "tests/support/process.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
namespace openssl = fleet_provision::fixture;

TEST_CASE("an imported key signs, and its public half is that of the key") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  const auto ec = openssl::ec_key();
  const auto p384 = openssl::ec_key("P-384");
  const auto rsa = openssl::rsa_key(2048);
  fixture.token.import_key(openssl::pkcs8_pem(ec), "claim", "01");
  fixture.token.import_key(openssl::pkcs8_pem(p384), "claim384", "02");
  fixture.token.import_key(openssl::pkcs8_pem(rsa), "claimrsa", "03");
  struct Row {
    const char* object;
    openssl::Key key;
    std::vector<SignatureScheme> schemes;
  };
  for (const Row& row : {Row{"claim", ec, {SignatureScheme::kEcdsa}}, Row{"claim384", p384, {SignatureScheme::kEcdsa}},
                         Row{"claimrsa", rsa, {SignatureScheme::kRsaPkcs1, SignatureScheme::kRsaPss}}}) {
    CAPTURE(row.object);
    const auto device = fixture.tokens->open(fixture.token.uri(row.object), "the claim key");
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
  FP_NEEDS_SOFTWARE_TOKEN
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
    const auto made = fixture.tokens->find_or_make(uri, type);
    if (!made) FAIL(made.error().message);
    const bool ec = type == KeyType::kEcP256 || type == KeyType::kEcP384;
    CHECK(signs(*made, ec ? SignatureScheme::kEcdsa : SignatureScheme::kRsaPss, HashAlgorithm::kSha256));
    const auto again = fixture.tokens->find_or_make(uri, type);
    REQUIRE(again);
    CHECK(EVP_PKEY_eq(made->public_half.get(), again->public_half.get()) == 1);
    REQUIRE(fixture.tokens->destroy(uri));
    const auto gone = fixture.tokens->open(uri, "the device key");
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::kKeyNotFound);
    // A key that is not there is no error.
    CHECK(fixture.tokens->destroy(uri));
  }
}

TEST_CASE("a new key takes a label that no other key has") {
  FP_NEEDS_SOFTWARE_TOKEN
  TokenFixture fixture;
  const std::string first = fixture.planned("gateway", {}, "id-1");
  REQUIRE(fixture.tokens->find_or_make(first, KeyType::kEcP256));
  // The key of the identity in use.
  const std::string second = fixture.planned("gateway", {Pkcs11Uri{first}}, "id-2");
  CHECK(parse_pkcs11_uri(second)->object == "gateway-2");
  REQUIRE(fixture.tokens->find_or_make(second, KeyType::kEcP256));
  const std::string third = fixture.planned("gateway", {Pkcs11Uri{second}, Pkcs11Uri{first}}, "id-3");
  CHECK(parse_pkcs11_uri(third)->object == "gateway-3");
  REQUIRE(fixture.tokens->destroy(first));
  CHECK(parse_pkcs11_uri(fixture.planned("gateway", {Pkcs11Uri{second}}, "id-4"))->object == "gateway");
  const auto taken = fixture.tokens->plan(fixture.token.uri("gateway-2"), "id-5", {Pkcs11Uri{first}});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::kKeyExists);
}

TEST_CASE("a key that was made by a process before is found, and half a pair is replaced") {
  FP_NEEDS_SOFTWARE_TOKEN
  if (!is_installed("pkcs11-tool")) {
    FP_NOT_TRIED("not tested: opensc is not installed");
    return;
  }
  TokenFixture fixture;
  const std::string uri = fixture.planned("gateway");
  const auto made = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
  REQUIRE(made);
  fixture.start_again();
  const auto found = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
  REQUIRE(found);
  CHECK(EVP_PKEY_eq(made->public_half.get(), found->public_half.get()) == 1);
  for (const char* lost : {"pubkey", "privkey"}) {
    CAPTURE(lost);
    fixture.token.pkcs11_tool({"--delete-object", "--type", lost, "--id", "30313233343536373839616263646566"});
    fixture.start_again();
    const auto again = fixture.tokens->find_or_make(uri, KeyType::kEcP256);
    if (!again) FAIL(again.error().message);
    CHECK(signs(*again, SignatureScheme::kEcdsa));
    CHECK(EVP_PKEY_eq(made->public_half.get(), again->public_half.get()) != 1);
    CHECK(fixture.token.objects() == 2);
  }
}

TEST_CASE("a made key is sensitive, was never extractable, and may only sign") {
  FP_NEEDS_SOFTWARE_TOKEN
  if (!is_installed("pkcs11-tool")) {
    FP_NOT_TRIED("not tested: opensc is not installed");
    return;
  }
  TokenFixture fixture;
  for (const KeyType type : {KeyType::kEcP256, KeyType::kRsa2048}) {
    REQUIRE(fixture.tokens->find_or_make(fixture.planned("gateway", {}, std::string(word(type))), type));
    const std::string listed = fixture.token.pkcs11_tool({"--list-objects", "--type", "privkey"});
    INFO(listed);
    CHECK(listed.find("Usage:      sign\n") != std::string::npos);
    CHECK(listed.find("sensitive, always sensitive, never extractable, local") != std::string::npos);
    REQUIRE(fixture.tokens->destroy("pkcs11:token=fleet;id=" + std::string(word(type))));
  }
}
