// The encodings that a device signs for RSA, against OpenSSL's own verification: EMSA-PSS with a raw RSA operation, and
// DigestInfo with PKCS #1 v1.5 padding.
#include "adapters/keys/device/rsa_padding.hpp"

#include <openssl/rsa.h>

#include <array>

#include "tests/adapters/openssl_fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
namespace openssl = fleet_provision::fixture;

namespace {

using Context = std::shared_ptr<EVP_PKEY_CTX>;

struct HashCase {
  HashAlgorithm hash;
  const EVP_MD* (*md)();
};
constexpr std::array kHashCases{HashCase{HashAlgorithm::kSha256, EVP_sha256},
                                HashCase{HashAlgorithm::kSha384, EVP_sha384},
                                HashCase{HashAlgorithm::kSha512, EVP_sha512}};

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string digest_of(const HashCase& each) {
  std::string digest(size_of(each.hash), '\0');
  unsigned size = 0;
  EVP_Digest("text", 4, reinterpret_cast<unsigned char*>(digest.data()), &size, each.md(), nullptr);
  REQUIRE(size == digest.size());
  return digest;
}

/// The private RSA operation with this padding, which hashes nothing.
std::string rsa_signed(const openssl::Key& key, const std::string& data, int padding) {
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  REQUIRE(EVP_PKEY_sign_init(context.get()) == 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = signature.size();
  REQUIRE(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(data),
                        data.size()) == 1);
  signature.resize(size);
  return signature;
}

bool is_verified(const openssl::Key& key, const HashCase& each, int padding, const std::string& signature) {
  const Context context(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  REQUIRE(EVP_PKEY_verify_init(context.get()) == 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1);
  REQUIRE(EVP_PKEY_CTX_set_signature_md(context.get(), each.md()) == 1);
  if (padding == RSA_PKCS1_PSS_PADDING) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  const std::string digest = digest_of(each);
  const bool verified =
      EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(digest), digest.size()) == 1;
  ERR_clear_error();
  return verified;
}

std::span<const unsigned char> span_of(const std::string& digest) {
  return {bytes_of(digest), digest.size()};
}

}  // namespace

TEST_CASE("a raw RSA operation over EMSA-PSS is a signature, whatever the size of the modulus") {
  // With one bit more than whole bytes, the encoding is a byte shorter than the modulus.
  for (const std::size_t bits : {1040U, 1041U, 1042U, 1047U}) {
    const auto key = openssl::rsa_key(bits);
    REQUIRE(EVP_PKEY_get_bits(key.get()) == static_cast<int>(bits));
    for (const HashCase& each : kHashCases) {
      CAPTURE(bits, size_of(each.hash));
      const std::string digest = digest_of(each);
      const auto encoded = emsa_pss(each.hash, span_of(digest), bits);
      REQUIRE(encoded);
      CHECK(encoded->size() == (bits + 7) / 8);
      CHECK(is_verified(key, each, RSA_PKCS1_PSS_PADDING, rsa_signed(key, *encoded, RSA_NO_PADDING)));
      std::string changed = *encoded;
      changed[changed.size() - 2] = static_cast<char>(changed[changed.size() - 2] ^ 1);
      CHECK_FALSE(is_verified(key, each, RSA_PKCS1_PSS_PADDING, rsa_signed(key, changed, RSA_NO_PADDING)));
    }
  }
}

TEST_CASE("each EMSA-PSS encoding has a salt of its own") {
  const std::string digest = digest_of(kHashCases[0]);
  CHECK(*emsa_pss(HashAlgorithm::kSha256, span_of(digest), 2048) !=
        *emsa_pss(HashAlgorithm::kSha256, span_of(digest), 2048));
}

TEST_CASE("a modulus that has no room for hash and salt is refused") {
  const std::string digest = digest_of(kHashCases[2]);
  // 64 bytes of hash, 64 of salt, and two.
  CHECK(emsa_pss(HashAlgorithm::kSha512, span_of(digest), 130 * 8));
  CHECK(emsa_pss(HashAlgorithm::kSha512, span_of(digest), 129 * 8 + 2));
  const auto refused = emsa_pss(HashAlgorithm::kSha512, span_of(digest), 129 * 8 + 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kKeyUnsuitable);
}

TEST_CASE("a PKCS #1 v1.5 operation over DigestInfo is a signature with that hash") {
  const auto key = openssl::rsa_key(1040);
  for (const HashCase& each : kHashCases) {
    CAPTURE(size_of(each.hash));
    const std::string digest = digest_of(each);
    const std::string signature = rsa_signed(key, digest_info(each.hash, span_of(digest)), RSA_PKCS1_PADDING);
    CHECK(is_verified(key, each, RSA_PKCS1_PADDING, signature));
  }
}
